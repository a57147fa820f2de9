// millrace print-config
#pragma once

#include <iosfwd>

#include "millrace/config.hpp"

namespace millrace {

/// Prints every value as it is in effect, one a line: `source.qos = 1  # MILLRACE_SOURCE_QOS`.
/// A secret that is set is shown as `"***"`. The exit code is 0.
[[nodiscard]] int print_config(const Config& config, std::ostream& out);

}  // namespace millrace
