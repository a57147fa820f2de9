// LengthPrefixedFramer: a fixed header that says how long the payload is, and the payload.
#pragma once

#include "framing/header_format.hpp"
#include "framing/stream_framer.hpp"
#include "millrace/config.hpp"

namespace millrace {

/// `length_prefixed`: the header's `length` counts the payload only and may be zero. A length below
/// zero or above `frame_bytes` is impossible, which is seen as soon as the header is all there.
class LengthPrefixedFramer final : public StreamFramer {
 public:
  LengthPrefixedFramer(HeaderFormat header, ByteCount frame_bytes, bool connection)
      : StreamFramer(connection), header_(header), frame_bytes_(frame_bytes) {}

 private:
  [[nodiscard]] Judgement judge(std::string_view held, std::string_view fresh) const override;

  HeaderFormat header_;
  ByteCount frame_bytes_;
};

}  // namespace millrace
