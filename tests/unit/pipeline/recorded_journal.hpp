// A journal that a test fills, and that remembers what was committed.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "millrace/journal.hpp"

namespace millrace::test {

/// Threads: one.
class RecordedJournal final : public Journal {
 public:
  std::error_code append(Chunk chunk) override { return add(std::move(chunk)); }
  std::error_code append(Cut cut) override { return add(std::move(cut)); }
  ReadResult read() override {
    if (tail.empty()) return NothingToRead{};
    Entry entry = std::move(tail.front());
    tail.pop_front();
    return entry;
  }
  std::uint64_t unread() const noexcept override { return tail.size(); }
  std::error_code commit(const Commit& commit) override {
    commits.push_back(commit);
    return commit_error;
  }
  JournalState state() const override { return {}; }
  bool durable() const noexcept override { return true; }
  std::uint32_t epoch() const noexcept override { return 1; }
  Backlog backlog() const noexcept override { return waiting; }
  void on_append(std::function<void()>) override {}
  std::error_code close() override { return {}; }

  std::deque<Entry> tail;
  std::vector<Entry> all;
  std::vector<Commit> commits;
  Backlog waiting;
  std::error_code commit_error;

 private:
  std::error_code add(std::variant<Chunk, Cut> what) {
    Entry entry;
    entry.offset = all.size();
    entry.what = std::move(what);
    all.push_back(entry);
    tail.push_back(std::move(entry));
    return {};
  }
};

/// What a durable journal delivers after a crash whose last commit was this one, by the words of
/// the contract: entries before the watermark only for the streams that it lists as open.
inline std::deque<Entry> replay(const std::vector<Entry>& all, const Commit& commit) {
  const auto stream_of = [](const Entry& entry) {
    return std::visit([](const auto& what) { return what.stream; }, entry.what);
  };
  std::deque<Entry> tail;
  for (Entry entry : all) {
    if (entry.offset >= commit.watermark.offset) {
      if (entry.offset == commit.watermark.offset) {
        entry.from_byte = commit.watermark.byte;
        entry.first_index = commit.watermark.index;
      }
      tail.push_back(std::move(entry));
      continue;
    }
    for (const auto& open : commit.open) {
      if (open.stream != stream_of(entry) || entry.offset < open.start.offset) continue;
      if (entry.offset == open.start.offset) {
        entry.from_byte = open.start.byte;
        entry.first_index = open.start.index;
      }
      tail.push_back(entry);
      break;
    }
  }
  return tail;
}

}  // namespace millrace::test
