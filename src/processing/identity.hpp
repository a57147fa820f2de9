// Identity: events go on as they came.
#pragma once

#include "millrace/processor.hpp"

namespace millrace {

/// `identity`: the result is the payload, without what framing put around it.
class Identity final : public Processor {
 public:
  [[nodiscard]] Verdict process(const Frame& frame, const Attempt& attempt) override;
};

}  // namespace millrace
