// Processor: the slow work.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>

#include "millrace/frame.hpp"
#include "millrace/outcome.hpp"

namespace millrace {

/// One call of a processor.
struct Attempt {
  unsigned worker = 0;  ///< 0 … workers-1; no two calls at a time have the same one
  unsigned number = 1;  ///< from 1
  std::chrono::steady_clock::time_point deadline;
  std::stop_token stop;  ///< stop requested when the deadline has passed
};

/// Maps a frame to a verdict.
///
/// Threads: `process` is called by up to `processing.workers` threads at once.
/// Errors: an exception counts as `Failed`.
/// Deadline: cooperative. Work that waits should wait on `attempt.stop` and answer `Failed` then;
/// an answer that comes late stands.
class Processor {
 public:
  virtual ~Processor() = default;
  [[nodiscard]] virtual Verdict process(const Frame& frame, const Attempt& attempt) = 0;
};

using ProcessorPtr = std::unique_ptr<Processor>;

}  // namespace millrace
