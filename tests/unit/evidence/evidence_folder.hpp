// A folder with the evidence of a made-up journal.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "support/temp_folder.hpp"

namespace millrace {

class EvidenceFolder : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kEpoch = 0x5f3a9c01;
  static EventId id(Offset offset, std::uint32_t index = 0) { return {kEpoch, offset, index}; }

  EvidenceOptions options() {
    return {.epoch = kEpoch,
            .backlog = backlog_,
            .workers = 3,
            .attempts = 3,
            .notice = [this](const Notice& notice) { notices_.push_back(notice.text); }};
  }

  /// A start; the evidence of the one before is let go of first.
  Evidence& start() {
    evidence_.reset();
    notices_.clear();
    return evidence_.emplace(folder(), options());
  }

  /// The slots of this start, as if that frame had crashed the process.
  void leave_mark(const EventId& id, int signal = SIGSEGV) {
    evidence_.reset();
    const auto run = std::get<CrashMarks>(read_crash_slots(folder(), kEpoch)).run;
    CrashSlots slots(folder(), kEpoch, run, 3);
    slots.hold(1, id, 1).mark_crashed(signal);
  }

  Folder folder() const { return {path(), std::make_shared<FileLayer>(), false}; }
  std::string path() const { return temp_.path().string(); }

  std::string load(const std::string& name) const {
    std::ifstream in(temp_.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void save(const std::string& name, const std::string& bytes) const {
    std::ofstream(temp_.path() / name, std::ios::binary | std::ios::trunc) << bytes;
  }

  Backlog backlog_{0, 1000};
  std::vector<std::string> notices_;
  std::optional<Evidence> evidence_;

 private:
  const test::TempFolder temp_;
};

}  // namespace millrace
