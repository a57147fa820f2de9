// Each value by itself.
#pragma once

namespace millrace {

class Settings;

/// Checks every value against the schema and against its kind: what it may be whatever the others
/// are. Errors: throws `ConfigError` for the first, in the schema's order, that may not be.
void check_values(const Settings& settings);

}  // namespace millrace
