// Square: the example of slow work.
#pragma once

#include "millrace/config.hpp"
#include "millrace/processor.hpp"

namespace millrace {

/// `square`: the payload is a decimal integer (an optional sign and digits, nothing around them) of
/// at most 3037000499 to either side, the largest whose square a signed 64-bit integer holds; the
/// result is its square in decimal. Anything else is rejected.
class Square final : public Processor {
 public:
  /// `delay`: how long every attempt takes before it answers.
  explicit Square(Duration delay) : delay_(delay) {}

  [[nodiscard]] Verdict process(const Frame& frame, const Attempt& attempt) override;

 private:
  Duration delay_;
};

}  // namespace millrace
