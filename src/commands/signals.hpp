// Signals: SIGTERM, SIGINT and SIGHUP as calls.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace millrace {

/// Blocks the signals that `Signals` answers, and ignores SIGPIPE. Threads inherit it, so: before
/// the first one is made.
void block_signals();

/// As the first process of a container: has the kernel take away what becomes its child when its
/// own parent ends, which nobody else would wait for.
void ignore_adopted_children();

/// Calls `stop` at the first SIGTERM or SIGINT; at the second one the process ends at once, without
/// destructors, with exit code 1. Calls `reload` at each SIGHUP; where there is none to call, that
/// signal is one to stop.
///
/// Threads: both are called on a thread of its own.
/// Lifetime: after the destructor signals are blocked but not answered.
class Signals {
 public:
  explicit Signals(std::function<void()> stop, std::function<void()> reload = {});
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void run();

  const std::function<void()> stop_;
  const std::function<void()> reload_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace millrace
