// TaskThread: the scheduler of this process.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "millrace/scheduler.hpp"

namespace millrace {

/// A `Scheduler` with one thread.
///
/// Lifetime: `stop`, or else the destructor, lets the running task finish and forgets the others.
class TaskThread final : public Scheduler {
 public:
  /// `name` is what the operating system shows, at most 15 characters.
  explicit TaskThread(const std::string& name);
  ~TaskThread() override;
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  /// After it nothing runs any more. Not from within a task.
  void stop();

  void post(Task task) override;
  TimerId after(std::chrono::milliseconds delay, Task task) override;
  void cancel(TimerId timer) override;

 private:
  using Clock = std::chrono::steady_clock;
  // Ordered by time, then by the order of the calls.
  using Key = std::pair<Clock::time_point, TimerId>;

  TimerId add(Clock::time_point when, Task task);
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, Task> tasks_;
  std::map<TimerId, Clock::time_point> times_;
  TimerId next_ = 1;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace
