// The schema as the README's table.
#pragma once

#include <string>

namespace millrace {

/// A Markdown table with a row for every value: key and variable, default, what is allowed, what it
/// means. Ends with a newline.
[[nodiscard]] std::string schema_markdown();

}  // namespace millrace
