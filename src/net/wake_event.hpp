// WakeEvent: wakes a thread that waits in poll(2).
#pragma once

namespace millrace {

/// A descriptor that is readable from `raise` to `clear`.
///
/// Threads: any. Errors: the constructor throws `std::system_error` (no descriptor left).
class WakeEvent {
 public:
  WakeEvent();
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  void raise() noexcept;
  void clear() noexcept;

 private:
  const int fd_;
};

/// Waits until `fd` is ready for `events` (poll(2)) or `wake` is raised, at most `timeout_ms`
/// milliseconds (-1: for ever). True when `fd` is ready, which an error or a hang-up is too.
[[nodiscard]] bool wait_ready(int fd, short events, const WakeEvent& wake,
                              int timeout_ms = -1) noexcept;

}  // namespace millrace
