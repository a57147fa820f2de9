// Digest: what a payload's digest is.
#pragma once

#include <utility>

#include "millrace/processor.hpp"
#include "processing/digester.hpp"

namespace millrace {

/// `digest`: the result is the payload's digest in lower-case hexadecimal digits.
class Digest final : public Processor {
 public:
  explicit Digest(Digester digester) : digester_(std::move(digester)) {}

  [[nodiscard]] Verdict process(const Frame& frame, const Attempt& attempt) override;

 private:
  Digester digester_;
};

}  // namespace millrace
