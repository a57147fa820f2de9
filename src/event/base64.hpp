// Base64 (RFC 4648, section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// With padding, on one line.
[[nodiscard]] std::string base64(std::string_view bytes);

/// The bytes that a text in base64 stands for; nothing where it is not what `base64` would write of
/// any bytes (padding left out, line ends, bits that mean nothing).
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace millrace
