// Checks of what only WebSocket sources and sinks use.
#pragma once

#include <string>
#include <vector>

#include "millrace/config.hpp"

namespace millrace {

class Settings;

/// Tokens, headers and origins: what HTTP does not allow, or WebSocket says itself, cannot be
/// given. Errors: throws `ConfigError`; shows names of headers, never their values.
void validate_websocket(const Config& config, const Settings& settings);

/// What is given and has no effect with these urls, or is carried in clear text: a line each.
void warn_of_websocket(const Config& config, std::vector<std::string>& lines);

}  // namespace millrace
