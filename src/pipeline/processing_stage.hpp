// ProcessingStage: from a frame to its one outcome.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/processor.hpp"
#include "millrace/sink.hpp"
#include "pipeline/job.hpp"
#include "pipeline/workers.hpp"

namespace millrace {

/// Calls the processor, holds the result against the limits and the sink, and decides whether a
/// failure is final.
///
/// Threads: `run` by up to `processing.workers` threads at once.
class ProcessingStage {
 public:
  using Retry = std::function<void(Job, std::optional<Duration>)>;

  /// `retry` takes a job that failed, to bring it back later: where there is a time, after that
  /// and with the same attempt.
  ProcessingStage(Workers& workers, const Sink& results, const ProcessingConfig& processing,
                  const LimitsConfig& limits, Retry retry);

  /// One attempt. Nothing, when the job went to `retry`.
  [[nodiscard]] std::optional<Done> run(const Job& job);

  /// From now on no work is begun: what comes is left to the next start.
  void abandon() noexcept { abandoning_.store(true, std::memory_order_release); }

 private:
  static Done given_up(const Job& job);
  Verdict attempt(const Job& job);
  bool is_final(const Failed& failed, unsigned attempt) const noexcept;

  Workers& workers_;
  const Sink& results_;
  const unsigned attempts_;
  const std::uint64_t result_limit_;
  const Retry retry_;
  std::atomic<bool> abandoning_ = false;
};

}  // namespace millrace
