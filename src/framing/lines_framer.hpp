// LinesFramer: a line is a frame.
#pragma once

#include "framing/stream_framer.hpp"
#include "millrace/config.hpp"

namespace millrace {

/// `lines`: ended by LF or CRLF, which `raw` keeps and `payload` has not; an empty line is an empty
/// frame. A line of more than `frame_bytes`, not counting its end, is impossible.
class LinesFramer final : public StreamFramer {
 public:
  LinesFramer(ByteCount frame_bytes, bool connection)
      : StreamFramer(connection), frame_bytes_(frame_bytes) {}

 private:
  [[nodiscard]] Judgement judge(std::string_view held, std::string_view fresh) const override;

  ByteCount frame_bytes_;
};

}  // namespace millrace
