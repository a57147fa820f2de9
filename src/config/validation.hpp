// The values against each other, and what is legal but costs something.
#pragma once

#include <string>
#include <vector>

#include "millrace/config.hpp"

namespace millrace {

class Settings;

/// Checks that both urls can be read: what `resolve` needs. `settings` are what the Config was made
/// of, and name who is to blame. Errors: throws `ConfigError`.
void validate_urls(const Config& config, const Settings& settings);

/// Checks a resolved Config. Errors: throws `ConfigError` for the first thing that cannot work.
void validate(const Config& config, const Settings& settings);

/// What works, but not as one may think: each in one line, saying what it costs.
[[nodiscard]] std::vector<std::string> warnings(const Config& config);

}  // namespace millrace
