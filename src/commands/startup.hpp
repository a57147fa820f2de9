// startup_lines: the configuration in effect, in a few lines.
#pragma once

#include <string>
#include <vector>

#include "millrace/config.hpp"

namespace millrace {

/// What an operator wants to see first; `millrace print-config` tells the rest. No secrets.
[[nodiscard]] std::vector<std::string> startup_lines(const Config& config);

}  // namespace millrace
