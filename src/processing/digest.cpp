#include "processing/digest.hpp"

namespace millrace {

Verdict Digest::process(const Frame& frame, const Attempt& attempt) {
  const auto digest = digester_.compute(frame.payload.view(), attempt);
  if (const auto* failed = std::get_if<Failed>(&digest)) return Failed{"digest: " + failed->cause};
  return Result{Payload(to_hex(std::get<std::string>(digest)))};
}

}  // namespace millrace
