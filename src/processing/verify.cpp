#include "processing/verify.hpp"

#include <string>

namespace millrace {

Verdict Verify::process(const Frame& frame, const Attempt& attempt) {
  const auto digest = digester_.compute(frame.payload.view(), attempt);
  if (const auto* failed = std::get_if<Failed>(&digest)) return Failed{"verify: " + failed->cause};
  if (std::get<std::string>(digest) != frame.digest.view()) {
    return Rejected{"verify: " + std::string(to_string(digester_.algorithm())) + " does not match"};
  }
  return Result{emit_ == VerifyEmit::frame ? frame.raw : frame.payload};
}

}  // namespace millrace
