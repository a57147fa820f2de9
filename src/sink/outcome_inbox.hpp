// OutcomeInbox: outcomes on their way from the emit stage to a sink's own thread.
#pragma once

#include <deque>
#include <mutex>
#include <utility>

#include "millrace/outcome.hpp"

namespace millrace {

/// A queue that tells when it needs a wake-up. How many wait in it is the pipeline's bound.
///
/// Threads: any.
class OutcomeInbox {
 public:
  /// True where the reader has to be woken: it found nothing when it last looked.
  [[nodiscard]] bool push(OutcomePtr outcome) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(outcome));
    return std::exchange(asleep_, false);
  }

  /// The oldest, which stays until `pop`; null where there is none.
  [[nodiscard]] OutcomePtr front() {
    const std::lock_guard lock(mutex_);
    asleep_ = queue_.empty();
    return asleep_ ? nullptr : queue_.front();
  }

  void pop() {
    const std::lock_guard lock(mutex_);
    queue_.pop_front();
  }

 private:
  std::mutex mutex_;
  std::deque<OutcomePtr> queue_;
  bool asleep_ = true;
};

}  // namespace millrace
