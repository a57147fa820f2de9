#include "pipeline/retries.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace {

Retries::Retries(Scheduler& timers, const ProcessingConfig& processing, Observer& observer,
                 Graph graph)
    : timers_(timers),
      backoff_(processing.backoff),
      backoff_max_(processing.backoff_max),
      observer_(observer),
      graph_(std::move(graph)) {}

void Retries::schedule(Job job, std::optional<Duration> again_in) {
  graph_.reserve();
  const auto number = job.frame->number;
  const FramePtr frame = job.frame;
  Duration delay{};
  {
    const std::lock_guard lock(mutex_);
    delay = again_in ? *again_in : delay_after(job.attempt);
    if (hastened_) delay = Duration(0);
    if (!again_in) ++job.attempt;
    waiting_.insert_or_assign(number, std::move(job));
  }
  observer_.retry_scheduled(*frame, delay);
  timers_.after(delay, [this, number] { reenter(number); });
}

void Retries::hasten() {
  std::vector<std::uint64_t> numbers;
  {
    const std::lock_guard lock(mutex_);
    hastened_ = true;
    for (const auto& [number, job] : waiting_) numbers.push_back(number);
  }
  for (const auto number : numbers) reenter(number);
}

// Whoever takes the job out of the table, the timer or `hasten`, brings it back; the other finds
// nothing.
void Retries::reenter(std::uint64_t frame_number) {
  Job job;
  {
    const std::lock_guard lock(mutex_);
    auto node = waiting_.extract(frame_number);
    if (node.empty()) return;
    job = std::move(node.mapped());
  }
  graph_.reenter(std::move(job));
  graph_.release();
}

Duration Retries::delay_after(unsigned attempt) {
  auto longest = std::min(backoff_, backoff_max_);
  for (unsigned doubled = 1; doubled < attempt && longest < backoff_max_; ++doubled) {
    longest = std::min(longest * 2, backoff_max_);
  }
  return Duration(std::uniform_int_distribution<Duration::rep>(0, longest.count())(random_));
}

}  // namespace millrace
