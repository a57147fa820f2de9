// config/schema.json, as it was when the program was built.
#pragma once

#include <string_view>

namespace millrace {

/// The JSON Schema of the configuration (draft-07), ending with a newline.
[[nodiscard]] std::string_view schema_text() noexcept;

}  // namespace millrace
