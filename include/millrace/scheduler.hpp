// Scheduler: work to be done on one thread, now or later.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace millrace {

/// Runs tasks one after another on a thread of its own (the control thread, for sources and sinks).
///
/// Threads: all methods may be called from any thread, also from within a task.
/// Errors: a task must not throw.
class Scheduler {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;

  virtual ~Scheduler() = default;

  /// Runs `task` as soon as the thread is free, after those posted before it.
  virtual void post(Task task) = 0;

  /// Runs `task` once `delay` has passed on the steady clock.
  virtual TimerId after(std::chrono::milliseconds delay, Task task) = 0;

  /// The task will not run, unless it is running or has run already.
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace millrace
