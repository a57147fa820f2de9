// UTF-8, as RFC 3629 and MQTT have it.
#pragma once

#include <cstddef>
#include <string_view>

namespace millrace {

/// Whether the bytes are well-formed UTF-8 (RFC 3629, section 4): no surrogates, no overlong forms,
/// nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Whether the bytes can be an MQTT string (MQTT 5, 1.5.4): UTF-8 without U+0000, at most 65535
/// bytes.
[[nodiscard]] bool is_mqtt_string(std::string_view bytes) noexcept;

/// The first `most` bytes, less what would be the beginning of a character only; of bytes that are
/// no UTF-8, just those.
[[nodiscard]] std::string_view utf8_prefix(std::string_view bytes, std::size_t most) noexcept;

}  // namespace millrace
