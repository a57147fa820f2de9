// Retries: where failed work waits without holding a worker.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>

#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/scheduler.hpp"
#include "pipeline/job.hpp"

namespace millrace {

/// Brings a job back after a back-off: a random time up to `backoff` · 2^(attempt-1), at most up to
/// `backoff_max` ("full jitter", M. Brooker, "Exponential Backoff And Jitter", 2015).
///
/// Threads: any.
/// Lifetime: outlives the tasks it gives to `timers`.
class Retries {
 public:
  struct Graph {
    std::function<void()> reserve;  ///< a frame is outside the graph: it must not be seen as idle
    std::function<void(Job)> reenter;  ///< … and comes back
    std::function<void()> release;
  };

  Retries(Scheduler& timers, const ProcessingConfig& processing, Observer& observer, Graph graph);

  /// Takes the job of the attempt that failed; the one after it comes back. With `again_in` that
  /// attempt did not count: it comes back itself, after so long.
  void schedule(Job job, std::optional<Duration> again_in = {});

  /// Brings back all that wait, now, and from now on all that is scheduled, at once.
  void hasten();

 private:
  void reenter(std::uint64_t frame_number);
  Duration delay_after(unsigned attempt);

  Scheduler& timers_;
  const Duration backoff_;
  const Duration backoff_max_;
  Observer& observer_;
  const Graph graph_;

  std::mutex mutex_;
  std::map<std::uint64_t, Job> waiting_;  // by frame number
  bool hastened_ = false;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace millrace
