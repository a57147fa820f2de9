// Document: a JSON file, with the line on which each value stands.
#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace millrace {

/// Objects and arrays within each other. The schema's go four deep; what goes through values later
/// does so by recursion.
inline constexpr std::size_t kDeepestValue = 32;

struct Document {
  nlohmann::json root;  ///< an object
  std::map<std::string, int>
      lines;  ///< from a value's path (`source.url`, `cases[0].name`) to its key's line, from 1;
              ///< an object in an array (`cases[0]`) has that on which it begins
};

/// Reads JSON as RFC 8259 has it: UTF-8, no comments, nothing after the document; no key twice,
/// and nothing nested deeper than `kDeepestValue`.
///
/// Errors: throws `ConfigError`, one line that begins with `name:line:column:`; it shows keys and
/// punctuation, never values.
[[nodiscard]] Document parse_document(std::string_view text, const std::string& name);

}  // namespace millrace
