// Verdict and Outcome: what became of an event.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "millrace/frame.hpp"
#include "millrace/payload.hpp"

namespace millrace {

/// Bytes to emit, maybe none at all: an empty result is a result.
struct Result {
  Payload payload;
};

/// Nothing to emit, by intent.
struct Filtered {
  std::string reason;  ///< empty: the processor's; else one of millrace's own, such as `duplicate`
};

/// This event is never going to work; it is not tried again.
struct Rejected {
  std::string cause;
};

/// It did not work this time; it may later.
struct Failed {
  std::string cause;
  /// Set where the event is not to blame, such as when nobody was there to work on it: the attempt
  /// does not count, and is made again after so long.
  std::optional<std::chrono::milliseconds> again_in;
};

/// What a processor answers with.
using Verdict = std::variant<Result, Filtered, Rejected, Failed>;

/// The last verdict on one frame. Every frame has exactly one outcome, whatever happens.
struct Outcome {
  FramePtr frame;
  Verdict verdict;
  unsigned attempts = 1;  ///< calls of the processor that it took; 0 where it was never called
};

using OutcomePtr = std::shared_ptr<const Outcome>;

}  // namespace millrace
