// How a configuration writes the choices of config.hpp: each list in the order of its enum.
#pragma once

#include <array>
#include <string_view>

#include "millrace/config.hpp"

namespace millrace {

template <typename Enum>
inline constexpr std::array<std::string_view, 0> kEnumNames{};

template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<FramingType>{"whole", "lines",
                                                                         "length_prefixed"};
template <>
inline constexpr std::array<std::string_view, 5> kEnumNames<ProcessingType>{
    "identity", "square", "digest", "verify", "exec"};
template <>
inline constexpr std::array<std::string_view, 5> kEnumNames<DigestAlgorithm>{
    "md5", "sha1", "sha256", "sha512", "crc32"};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<VerifyEmit>{"frame", "payload"};
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<OnFailure>{"dead_letter", "drop",
                                                                       "stop"};
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<Order>{"global", "key", "none"};
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<Durability>{"off", "process", "power"};
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<TapMode>{"off", "events", "payloads"};
template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<LogLevel>{"debug", "info", "warning",
                                                                      "error"};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<LogFormat>{"text", "json"};

/// `to_text(OnFailure::drop)` is `drop`.
template <typename Enum>
[[nodiscard]] constexpr std::string_view to_text(Enum value) noexcept {
  return kEnumNames<Enum>[static_cast<std::size_t>(value)];
}

}  // namespace millrace
