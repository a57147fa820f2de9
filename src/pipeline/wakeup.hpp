// Wakeup: one thread sleeps until something may have changed.
#pragma once

#include <atomic>
#include <cstdint>

namespace millrace {

/// Counts changes so that none is slept through: look at `seen`, look at the world, `wait(seen)`.
///
/// Threads: `notify` from any; one waiter.
class Wakeup {
 public:
  [[nodiscard]] std::uint32_t seen() const noexcept {
    return changes_.load(std::memory_order_acquire);
  }

  /// Returns when there has been a change since `seen`.
  void wait(std::uint32_t seen) const noexcept { changes_.wait(seen, std::memory_order_acquire); }

  void notify() noexcept {
    changes_.fetch_add(1, std::memory_order_acq_rel);
    changes_.notify_one();
  }

 private:
  std::atomic<std::uint32_t> changes_ = 0;
};

}  // namespace millrace
