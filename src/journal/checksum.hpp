// CRC-32C (Castagnoli; RFC 3720, appendix B.4), the check of journal records.
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace {

/// The check of `bytes`, or of what `before` is the check of with `bytes` behind it.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept;

}  // namespace millrace
