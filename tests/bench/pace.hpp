// Pace: when the next event of an even load is due.
#pragma once

#include <sys/timerfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>

namespace bench {

/// Nanoseconds of the steady clock.
inline std::int64_t now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Ticks evenly; what was missed is made up for, and keeps the time at which it was due.
class Pace {
 public:
  explicit Pace(int rate)  ///< a second
      : period_(1'000'000'000 / rate),
        timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)),
        due_(now()) {
    const timespec period{period_ / 1'000'000'000, period_ % 1'000'000'000};
    const itimerspec timing{period, period};
    if (::timerfd_settime(timer_, 0, &timing, nullptr) != 0) throw std::runtime_error("timerfd");
  }
  ~Pace() { ::close(timer_); }
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;

  /// Waits for the next one, and says when it was due.
  std::int64_t next() {
    if (ticks_ == 0 && ::read(timer_, &ticks_, sizeof ticks_) < 0) {
      throw std::runtime_error("timerfd");
    }
    --ticks_;
    return due_ += period_;
  }

 private:
  std::int64_t period_;
  int timer_;
  std::int64_t due_;
  std::uint64_t ticks_ = 0;
};

}  // namespace bench
