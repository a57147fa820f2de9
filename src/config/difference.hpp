// changed_keys: what two configurations differ in.
#pragma once

#include <string>
#include <vector>

#include "millrace/config.hpp"

namespace millrace {

/// The keys (`source.url` …) whose values are not the same in both.
[[nodiscard]] std::vector<std::string> changed_keys(const Config& before, const Config& after);

}  // namespace millrace
