// A scheduler whose time a test moves.
#pragma once

#include <utility>
#include <vector>

#include "millrace/scheduler.hpp"

namespace millrace::test {

/// Keeps tasks until `run_all` is called. Threads: one.
class IdleScheduler final : public Scheduler {
 public:
  void post(Task task) override { after(std::chrono::milliseconds(0), std::move(task)); }
  TimerId after(std::chrono::milliseconds, Task task) override {
    tasks_.push_back(std::move(task));
    return tasks_.size();
  }
  void cancel(TimerId timer) override {
    tasks_[timer - 1] = [] {};
  }

  /// Runs what has been given so far, as if all its time had come.
  void run_all() {
    auto tasks = std::exchange(tasks_, {});
    for (const auto& task : tasks) task();
  }
  [[nodiscard]] std::size_t waiting() const { return tasks_.size(); }

 private:
  std::vector<Task> tasks_;
};

}  // namespace millrace::test
