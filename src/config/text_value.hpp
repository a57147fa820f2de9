// Values written as plain text: in the environment, and after `--set KEY=`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "config/schema.hpp"

namespace millrace {

/// What the text stands for, by the key's kind: a list is JSON or comma-separated, headers are
/// a JSON object, the rest is as
/// it stands. Text that its kind cannot have stays text, to be refused with all others.
[[nodiscard]] nlohmann::json value_of_text(const Key& key, const std::string& text);

/// A section's values, as a JSON object; text that begins none stays text. Errors: throws
/// `ConfigError` that begins with `name`.
[[nodiscard]] nlohmann::json section_of_text(const std::string& name, const std::string& text);

}  // namespace millrace
