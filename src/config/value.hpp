// Durations and sizes as a configuration writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "millrace/config.hpp"

namespace millrace {

/// A whole number and a unit, nothing between: `ms`, `s`, `m` or `h`. Nothing where the text is not
/// that, or more than an `int64` of nanoseconds holds (about 292 years), so that every clock can
/// add it.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text) noexcept;

/// A whole number and `B`, `KiB`, `MiB` or `GiB`; without a unit: bytes. Nothing where the text is
/// not that, or overflows.
[[nodiscard]] std::optional<ByteCount> parse_size(std::string_view text) noexcept;

/// In the largest unit that leaves a whole number: `parse_duration` reads it back.
[[nodiscard]] std::string format_duration(Duration duration);

/// In the largest unit that leaves a whole number: `parse_size` reads it back.
[[nodiscard]] std::string format_size(ByteCount bytes);

}  // namespace millrace
