#include "journal/memory_journal.hpp"

#include <utility>

namespace millrace {
namespace {

// What an entry takes beside its bytes: the entry, its reference counts, its properties, the
// allocator's share. Measured at about 300 bytes with a user property; rounded up.
constexpr std::uint64_t kEntryCost = 384;

}  // namespace

MemoryJournal::MemoryJournal(std::uint64_t limit, std::uint32_t epoch)
    : limit_(limit), epoch_(epoch) {}

std::error_code MemoryJournal::append(Chunk chunk) {
  const auto cost = kEntryCost + chunk.stream.size() + chunk.bytes.size();
  return add(std::move(chunk), cost, true);
}

std::error_code MemoryJournal::append(Cut cut) {
  // A cut makes room rather than takes it, so it is never refused.
  const auto cost = kEntryCost + cut.stream.size();
  return add(std::move(cut), cost, false);
}

std::error_code MemoryJournal::add(std::variant<Chunk, Cut> what, std::uint64_t cost,
                                   bool must_fit) {
  {
    const std::lock_guard lock(mutex_);
    if (must_fit && held_ != 0 && held_ + cost > limit_) {
      return std::make_error_code(std::errc::no_buffer_space);
    }
    Entry& entry = entries_.emplace_back();
    entry.offset = first_ + costs_.size();
    entry.what = std::move(what);
    costs_.push_back(cost);
    held_ += cost;
    unread_.fetch_add(1, std::memory_order_release);
  }
  if (listener_) listener_();
  return {};
}

ReadResult MemoryJournal::read() {
  const std::lock_guard lock(mutex_);
  if (entries_.empty()) return NothingToRead{};
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  unread_.fetch_sub(1, std::memory_order_release);
  return entry;
}

std::uint64_t MemoryJournal::unread() const noexcept {
  return unread_.load(std::memory_order_acquire);
}

std::error_code MemoryJournal::commit(const Commit& commit) {
  const std::lock_guard lock(mutex_);
  while (first_ < commit.watermark.offset && !costs_.empty()) {
    held_ -= costs_.front();
    costs_.pop_front();
    ++first_;
  }
  return {};
}

JournalState MemoryJournal::state() const {
  const std::lock_guard lock(mutex_);
  return {
      .writable = true, .reason = {}, .entries = costs_.size(), .bytes = held_, .limit = limit_};
}

void MemoryJournal::on_append(std::function<void()> listener) {
  listener_ = std::move(listener);
}

}  // namespace millrace
