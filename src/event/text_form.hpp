// Bytes inside JSON, where only text can stand.
#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// Bytes as JSON can hold them, and how they got that way.
struct TextForm {
  std::string text;
  std::string_view encoding;  ///< `utf8`: as they are; `base64`: where they are not valid UTF-8
};

[[nodiscard]] TextForm text_form(std::string_view bytes);

}  // namespace millrace
