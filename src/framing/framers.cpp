#include "framing/framers.hpp"

#include <stdexcept>

#include "framing/header_format.hpp"
#include "framing/length_prefixed_framer.hpp"
#include "framing/lines_framer.hpp"
#include "framing/whole_framer.hpp"

namespace millrace {

FramerPtr make_framer(const FramingConfig& framing, const LimitsConfig& limits, bool connection) {
  switch (framing.type) {
    case FramingType::whole:
      return std::make_unique<WholeFramer>(limits.frame_bytes);
    case FramingType::lines:
      return std::make_unique<LinesFramer>(limits.frame_bytes, connection);
    case FramingType::length_prefixed:
      return std::make_unique<LengthPrefixedFramer>(
          parse_header_format(framing.header.format, framing.header.fields), limits.frame_bytes,
          connection);
  }
  throw std::invalid_argument("framing.type: not a known one");
}

}  // namespace millrace
