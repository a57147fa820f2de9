#include "event/text_form.hpp"

#include "event/base64.hpp"
#include "event/utf8.hpp"

namespace millrace {

TextForm text_form(std::string_view bytes) {
  if (is_utf8(bytes)) return {std::string(bytes), "utf8"};
  return {base64(bytes), "base64"};
}

}  // namespace millrace
