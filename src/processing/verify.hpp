// Verify: only what is whole goes on.
#pragma once

#include <utility>

#include "millrace/processor.hpp"
#include "processing/digester.hpp"

namespace millrace {

/// `verify`: compares the payload's digest with the frame's `digest` field, byte for byte. A frame
/// that matches goes on as it came, header included, or its payload alone; any other is rejected.
class Verify final : public Processor {
 public:
  Verify(Digester digester, VerifyEmit emit) : digester_(std::move(digester)), emit_(emit) {}

  [[nodiscard]] Verdict process(const Frame& frame, const Attempt& attempt) override;

 private:
  Digester digester_;
  VerifyEmit emit_;
};

}  // namespace millrace
