// WorkerActivity: how much of its time each worker works.
#pragma once

#include <chrono>
#include <mutex>
#include <vector>

namespace millrace {

/// Threads: any; those of different workers do not meet.
class WorkerActivity {
 public:
  using Clock = std::chrono::steady_clock;

  explicit WorkerActivity(unsigned workers) : workers_(workers) {}

  [[nodiscard]] std::size_t count() const noexcept { return workers_.size(); }

  /// Numbers beyond the workers there are, are nobody's.
  void started(unsigned worker, Clock::time_point now) {
    if (worker >= workers_.size()) return;
    const std::lock_guard lock(workers_[worker].mutex);
    workers_[worker].since = now;
  }
  void finished(unsigned worker, Clock::time_point now) {
    if (worker >= workers_.size()) return;
    Worker& its = workers_[worker];
    const std::lock_guard lock(its.mutex);
    if (its.since != Clock::time_point{}) its.busy += now - its.since;
    its.since = {};
  }

  /// Of each worker, work under way included.
  [[nodiscard]] std::vector<Clock::duration> busy(Clock::time_point now) const {
    std::vector<Clock::duration> times;
    times.reserve(workers_.size());
    for (const Worker& worker : workers_) {
      const std::lock_guard lock(worker.mutex);
      const bool working = worker.since != Clock::time_point{} && worker.since < now;
      times.push_back(worker.busy + (working ? now - worker.since : Clock::duration::zero()));
    }
    return times;
  }

 private:
  struct alignas(64) Worker {
    mutable std::mutex mutex;
    Clock::time_point since;  // zero: idle
    Clock::duration busy{};
  };
  std::vector<Worker> workers_;
};

}  // namespace millrace
