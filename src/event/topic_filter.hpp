// Topic filters (MQTT 5, 4.7).
#pragma once

#include <string_view>

namespace millrace {

/// Whether a subscription to `filter` receives what is published to `topic`. A shared subscription
/// (`$share/group/filter`, 4.8.2) counts as its filter; wildcards in the first level do not match
/// topics that begin with `$` (4.7.2).
[[nodiscard]] bool filter_matches(std::string_view filter, std::string_view topic) noexcept;

}  // namespace millrace
