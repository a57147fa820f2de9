// DedupeFolder: a window on disk, opened, killed and asked in few words.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dedupe/dedupe.hpp"
#include "dedupe/format.hpp"
#include "journal/journal_error.hpp"
#include "support/temp_folder.hpp"
#include "unit/journal/faulty_files.hpp"

namespace millrace {

class DedupeFolder : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kEpoch = 0x5f3a9c01;

  /// A start; one that was there before ends as by kill -9.
  void open() {
    dedupe_.reset();
    dedupe_.emplace(config_, in_flight_, Folder(path(), files_, false),
                    KeyLogOptions{.epoch = epoch_, .next = next_, .power = power_});
  }

  /// What opening it is refused with; empty where it opens.
  std::string refusal() {
    try {
      open();
    } catch (const JournalError& error) {
      dedupe_.reset();
      return error.what();
    }
    return {};
  }

  /// Whether the event with that id and key (the user property n) is a duplicate.
  bool asked(Offset offset, const std::string& key, std::uint32_t index = 0) {
    Frame frame;
    frame.id = {epoch_, offset, index};
    frame.properties = std::make_shared<const Properties>(Properties{.user = {{"n", key}}});
    return dedupe_->is_duplicate(frame);
  }

  /// Events from `first` on, whose keys are their offsets; written.
  void fill(Offset first, std::size_t count) {
    for (Offset offset = first; offset < first + count; ++offset) {
      ASSERT_FALSE(asked(offset, std::to_string(offset))) << offset;
    }
    ASSERT_FALSE(dedupe_->flush());
  }

  std::vector<std::string> generations() const {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(path())) {
      names.push_back(file.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string load(const std::string& name) const {
    std::ifstream in(path() + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void save(const std::string& name, const std::string& bytes) const {
    std::ofstream(path() + "/" + name, std::ios::binary | std::ios::trunc) << bytes;
  }
  static std::size_t place_of(std::size_t record) {
    return kGenerationHeaderSize + record * kKeyRecordSize;
  }

  std::string path() const { return temp_.path().string(); }

  DedupeConfig config_{.key = "property:n", .window = 8};
  unsigned in_flight_ = 2;
  std::uint32_t epoch_ = kEpoch;
  Offset next_ = 1000;
  bool power_ = false;
  std::shared_ptr<test::FaultyFiles> files_ = std::make_shared<test::FaultyFiles>();
  std::optional<Dedupe> dedupe_;

 private:
  const test::TempFolder temp_;
};

}  // namespace millrace
