#include "framing/lines_framer.hpp"

namespace millrace {
namespace {

// Length of the line that `held` and `line` make, which may or may not have come to its LF: a CR at
// its end is not counted, as it may belong to the line's end.
std::size_t line_length(std::string_view held, std::string_view line) {
  const std::string_view tail = line.empty() ? held : line;
  const std::size_t carriage_return = !tail.empty() && tail.back() == '\r' ? 1 : 0;
  return held.size() + line.size() - carriage_return;
}

}  // namespace

Judgement LinesFramer::judge(std::string_view held, std::string_view fresh) const {
  const std::size_t line_feed = fresh.find('\n');
  const std::size_t length = line_length(held, fresh.substr(0, line_feed));
  if (length > frame_bytes_) {
    return Impossible{"line is longer than " + std::to_string(frame_bytes_) +
                      " bytes (limits.frame_bytes)"};
  }
  if (line_feed == std::string_view::npos) return Incomplete{};
  Extent extent;
  extent.size = held.size() + line_feed + 1;
  extent.payload_size = length;
  return extent;
}

}  // namespace millrace
