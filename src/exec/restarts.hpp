// Restarts: when a process that was lost is started again.
#pragma once

#include <algorithm>
#include <chrono>

#include "millrace/config.hpp"

namespace millrace {

/// Of one place in the pool. What an event is charged with delays nothing: the event has its own
/// back-off. A process that could not be started, or ended before it had answered to anything, is
/// the command's fault: its next start waits for `backoff`, doubled with each in a row up to
/// `backoff_max`.
///
/// Threads: one at a time.
class Restarts {
 public:
  using Clock = std::chrono::steady_clock;

  Restarts(Duration backoff, Duration backoff_max)
      : backoff_(std::min(backoff, backoff_max)), backoff_max_(backoff_max) {}

  /// A process answered, or has been there for a while.
  void well() noexcept {
    failures_ = 0;
    answered_ = true;
  }

  void started() noexcept { answered_ = false; }

  void not_started(Clock::time_point now) noexcept {
    answered_ = false;
    lost(false, now);
  }

  void lost(bool charged, Clock::time_point now) noexcept {
    next_ = now;
    if (charged || answered_) return;
    auto delay = backoff_;
    for (unsigned i = 0; i < failures_ && delay < backoff_max_; ++i) {
      delay = std::min(delay * 2, backoff_max_);
    }
    next_ = now + delay;
    ++failures_;
  }

  /// In a row.
  [[nodiscard]] unsigned failures() const noexcept { return failures_; }
  [[nodiscard]] Clock::time_point next() const noexcept { return next_; }

 private:
  Duration backoff_;
  Duration backoff_max_;
  unsigned failures_ = 0;
  bool answered_ = false;  // this process, to anything
  Clock::time_point next_;
};

}  // namespace millrace
