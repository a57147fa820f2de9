// Topic filters as a configuration holds them (MQTT 5, 4.7 and 4.8.2). Whether a filter matches a
// topic is in event/topic_filter.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// A subscription; the parts view into the text it was read from.
struct Subscription {
  std::string_view share;  ///< name of `$share/NAME/…`; empty where it is not shared
  std::string_view filter;
};

/// Reads a topic filter, shared or not.
///
/// Errors: throws `std::invalid_argument` with what is wrong, in half a line that reads on after
/// the value: `+` and `#` only as whole levels, `#` only as the last (4.7.1); 1 to 65535 bytes of
/// UTF-8 without U+0000 (4.7.3); a share name of at least one character, without wildcards.
[[nodiscard]] Subscription parse_subscription(std::string_view text);

/// Whether some topic is matched by both filters. Filters are valid and without `$share`.
[[nodiscard]] bool filters_overlap(std::string_view a, std::string_view b) noexcept;

/// A topic that the filter matches: wildcards replaced by a level `x`.
[[nodiscard]] std::string sample_topic(std::string_view filter);

}  // namespace millrace
