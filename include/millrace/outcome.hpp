// Verdict and Outcome: what became of an event.
#pragma once

#include <memory>
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
