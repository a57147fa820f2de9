// Times as text.
#pragma once

#include <chrono>
#include <string>

namespace millrace {

/// `2026-01-31T12:00:00.123Z`: ISO 8601 in UTC, milliseconds, rounded down.
[[nodiscard]] std::string iso8601(std::chrono::system_clock::time_point time);

}  // namespace millrace
