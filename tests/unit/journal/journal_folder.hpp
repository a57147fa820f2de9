// JournalFolder: a temporary journal for tests, opened, killed and looked at in few words.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "journal/durable_journal.hpp"
#include "journal/file_layer.hpp"
#include "journal/journal_error.hpp"
#include "journal/segment.hpp"
#include "millrace/journal.hpp"
#include "support/temp_folder.hpp"

namespace millrace {

/// A fixture that owns a folder and at most one open journal in it.
class JournalFolder : public ::testing::Test {
 protected:
  JournalFolder() {
    config_.path = (folder_.path() / "j").string();
    config_.durability = Durability::process;
    config_.max_bytes = 64U << 20U;
    options_.fingerprint = "configuration one";
    options_.notice = [this](const Notice& notice) { notices_.push_back(notice); };
  }

  ~JournalFolder() override { journal_.reset(); }

  /// Opens the journal; one that is open is left as kill -9 would leave it.
  Journal& open() {
    journal_.reset();
    journal_ = open_durable_journal(config_, options_);
    return *journal_;
  }

  void kill() { journal_.reset(); }

  /// What opening it is refused with; empty where it opens.
  std::string refusal() {
    try {
      open();
    } catch (const JournalError& error) {
      return error.what();
    }
    kill();
    return {};
  }

  [[nodiscard]] std::error_code append(const std::string& stream, const std::string& bytes) {
    Chunk chunk;
    chunk.stream = stream;
    chunk.bytes = Payload(bytes);
    return journal_->append(std::move(chunk));
  }

  void fill(std::uint64_t count, const std::string& stream = "s") {
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_FALSE(append(stream, std::to_string(i)));
  }

  [[nodiscard]] std::error_code commit(Offset watermark) {
    return journal_->commit({.watermark = {watermark, 0, 0}, .open = {}, .done = {}});
  }

  /// Every entry that is there to be read.
  std::vector<Entry> drain() {
    std::vector<Entry> entries;
    for (;;) {
      auto result = journal_->read();
      if (std::holds_alternative<NothingToRead>(result)) return entries;
      if (const auto* error = std::get_if<std::error_code>(&result)) {
        ADD_FAILURE() << "read: " << error->message();
        return entries;
      }
      entries.push_back(std::get<Entry>(std::move(result)));
    }
  }

  std::vector<Offset> drain_offsets() {
    std::vector<Offset> offsets;
    for (const auto& entry : drain()) offsets.push_back(entry.offset);
    return offsets;
  }

  static std::string bytes_of(const Entry& entry) {
    return std::string(std::get<Chunk>(entry.what).bytes.view());
  }

  /// Remembers the files as they are, for `restore`. Ends the journal, as that does.
  void keep() {
    kill();
    std::filesystem::remove_all(kept());
    std::filesystem::copy(config_.path, kept());
  }
  void restore() {
    kill();
    std::filesystem::remove_all(config_.path);
    std::filesystem::copy(kept(), config_.path);
  }
  [[nodiscard]] std::filesystem::path kept() const { return folder_.path() / "kept"; }

  [[nodiscard]] std::vector<std::filesystem::path> segments() const {
    std::vector<std::filesystem::path> found;
    for (const auto& file : std::filesystem::directory_iterator(config_.path)) {
      if (segment_number(file.path().filename().string())) found.push_back(file.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  static std::string load(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static void save(const std::filesystem::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  }

  test::TempFolder folder_;
  JournalConfig config_;
  OpenOptions options_;
  std::vector<Notice> notices_;
  JournalPtr journal_;
};

}  // namespace millrace
