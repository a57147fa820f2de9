// Topics and topic filters against each other.
#pragma once

#include "millrace/config.hpp"

namespace millrace {

class Settings;

/// Checks the filters of an MQTT source, the topics of results and dead letters, and that neither
/// comes back through the filters. Errors: throws `ConfigError`.
void validate_topics(const Config& config, const Settings& settings);

}  // namespace millrace
