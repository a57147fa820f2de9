// Text form of event ids.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "millrace/frame.hpp"

namespace millrace {

/// `5f3a9c01-1742.0`: epoch in eight lower-case hex digits, offset and index in decimal.
[[nodiscard]] std::string to_string(const EventId& id);

/// The id that a text names, or nothing if it is not exactly such a text.
[[nodiscard]] std::optional<EventId> parse_event_id(std::string_view text);

}  // namespace millrace
