#include "journal/checksum.hpp"

#include <isa-l/crc.h>

#include <algorithm>

namespace millrace {

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) noexcept {
  // The library's length is an int, and it leaves both inversions of the standard to its caller.
  constexpr std::size_t kMost = 1U << 30;
  std::uint32_t state = ~before;
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, std::min(bytes.size(), kMost));
    auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(part.data()));
    state = crc32_iscsi(data, static_cast<int>(part.size()), state);
    bytes.remove_prefix(part.size());
  }
  return ~state;
}

}  // namespace millrace
