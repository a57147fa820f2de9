#include "framing/length_prefixed_framer.hpp"

#include <array>

namespace millrace {
namespace {

// The length field of a header whose bytes may be divided between `held` and `fresh`.
Integer read_length(const IntegerField& field, std::string_view held, std::string_view fresh) {
  std::array<char, kMaxIntegerSize> bytes{};
  for (std::size_t i = 0; i < field.size; ++i) {
    const std::size_t at = field.offset + i;
    bytes[i] = at < held.size() ? held[at] : fresh[at - held.size()];
  }
  return decode(field, {bytes.data(), field.size});
}

}  // namespace

Judgement LengthPrefixedFramer::judge(std::string_view held, std::string_view fresh) const {
  const std::size_t available = held.size() + fresh.size();
  if (available < header_.size) return Incomplete{};
  const Integer length = read_length(header_.length, held, fresh);
  if (length.negative || length.magnitude > frame_bytes_) {
    return Impossible{"length " + to_string(length) + " is not within 0 to " +
                      std::to_string(frame_bytes_) + " (limits.frame_bytes)"};
  }
  // Compared this way round, as their sum could be more than a size can hold.
  if (available - header_.size < length.magnitude) {
    return Incomplete{header_.size + static_cast<std::size_t>(length.magnitude)};
  }
  Extent extent;
  extent.payload_begin = header_.size;
  extent.payload_size = static_cast<std::size_t>(length.magnitude);
  extent.size = extent.payload_begin + extent.payload_size;
  extent.digest_begin = header_.digest.offset;
  extent.digest_size = header_.digest.size;
  return extent;
}

}  // namespace millrace
