#include "pipeline/processing_stage.hpp"

#include <string>
#include <utility>

namespace millrace {
namespace {

// A frame emitted as it came has a header beside the bytes that limits.frame_bytes lets in.
std::uint64_t measured(const Frame& frame, const Payload& result) {
  const bool as_it_came =
      result.view().data() == frame.raw.view().data() && result.size() == frame.raw.size();
  return as_it_came ? frame.payload.size() : result.size();
}

}  // namespace

ProcessingStage::ProcessingStage(Workers& workers, const Sink& results,
                                 const ProcessingConfig& processing, const LimitsConfig& limits,
                                 Retry retry)
    : workers_(workers),
      results_(results),
      attempts_(processing.attempts),
      result_limit_(limits.result_bytes),
      retry_(std::move(retry)) {}

std::optional<Done> ProcessingStage::run(const Job& job) {
  const Frame& frame = *job.frame;
  if (abandoning_.load(std::memory_order_acquire)) return Done{frame.number, nullptr};
  if (!frame.defect.empty()) {
    return Done{frame.number,
                std::make_shared<Outcome>(Outcome{job.frame, Rejected{frame.defect}, 0})};
  }
  if (frame.duplicate) {
    return Done{frame.number,
                std::make_shared<Outcome>(Outcome{job.frame, Filtered{"duplicate"}, 0})};
  }
  if (attempts_ != 0 && job.attempt > attempts_) return given_up(job);
  Verdict verdict = attempt(job);
  const auto* failed = std::get_if<Failed>(&verdict);
  if (failed != nullptr && !is_final(*failed, job.attempt)) {
    retry_(job, failed->again_in);
    return std::nullopt;
  }
  return Done{frame.number,
              std::make_shared<Outcome>(Outcome{job.frame, std::move(verdict), job.attempt})};
}

// More attempts than are allowed have only frames that crashed the process in earlier runs.
Done ProcessingStage::given_up(const Job& job) {
  const unsigned crashes = job.attempt - 1;
  Failed failed{"the process crashed in each of its " + std::to_string(crashes) + " attempts"};
  return {job.frame->number,
          std::make_shared<Outcome>(Outcome{job.frame, std::move(failed), crashes})};
}

Verdict ProcessingStage::attempt(const Job& job) {
  Verdict verdict = workers_.call(job.frame, job.attempt);
  const auto* result = std::get_if<Result>(&verdict);
  if (result == nullptr) return verdict;
  if (const auto size = measured(*job.frame, result->payload); size > result_limit_) {
    return Rejected{"the result's " + std::to_string(size) +
                    " bytes are more than limits.result_bytes (" + std::to_string(result_limit_) +
                    ")"};
  }
  if (auto why = results_.unfit(*job.frame, *result)) return Rejected{std::move(*why)};
  return verdict;
}

bool ProcessingStage::is_final(const Failed& failed, unsigned attempt) const noexcept {
  return !failed.again_in && attempts_ != 0 && attempt >= attempts_;
}

}  // namespace millrace
