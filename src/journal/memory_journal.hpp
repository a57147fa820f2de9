// MemoryJournal: the journal of `journal.durability: off`.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>

#include "millrace/journal.hpp"

namespace millrace {

/// Keeps entries in memory until a commit covers them; nothing survives the process.
///
/// What it holds is bounded by `limit` bytes, in which every entry counts with its payload, its
/// stream's name and a fixed share for the rest. One entry is always admitted when it is empty.
class MemoryJournal final : public Journal {
 public:
  /// `limit` in bytes; `epoch` as in event ids.
  MemoryJournal(std::uint64_t limit, std::uint32_t epoch);

  [[nodiscard]] std::error_code append(Chunk chunk) override;
  [[nodiscard]] std::error_code append(Cut cut) override;
  [[nodiscard]] ReadResult read() override;
  [[nodiscard]] std::uint64_t unread() const noexcept override;
  [[nodiscard]] std::error_code commit(const Commit& commit) override;
  [[nodiscard]] JournalState state() const override;
  [[nodiscard]] bool durable() const noexcept override { return false; }
  [[nodiscard]] std::uint32_t epoch() const noexcept override { return epoch_; }
  void on_append(std::function<void()> listener) override;
  [[nodiscard]] std::error_code close() override { return {}; }

 private:
  std::error_code add(std::variant<Chunk, Cut> what, std::uint64_t cost, bool must_fit);

  const std::uint64_t limit_;
  const std::uint32_t epoch_;
  std::function<void()> listener_;

  mutable std::mutex mutex_;
  std::deque<Entry> entries_;        // not read
  std::deque<std::uint64_t> costs_;  // of all that no commit covers, from first_ on
  Offset first_ = 0;
  std::uint64_t held_ = 0;  // the sum of costs_
  std::atomic<std::uint64_t> unread_ = 0;
};

}  // namespace millrace
