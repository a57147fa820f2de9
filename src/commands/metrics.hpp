// millrace metrics
#pragma once

#include <iosfwd>

namespace millrace {

struct MetricsArguments {
  bool markdown = false;  ///< the README's table instead
};

/// Prints what /metrics has, a metric a line: name, type, meaning. The exit code is 0.
[[nodiscard]] int metrics(const MetricsArguments& arguments, std::ostream& out);

}  // namespace millrace
