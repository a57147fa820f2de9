#include "config/error.hpp"

#include <nlohmann/json.hpp>

#include "event/utf8.hpp"

namespace millrace {
namespace {

constexpr std::size_t kShownBytes = 80;

std::string shorten(std::string text) {
  if (text.size() <= kShownBytes) return text;
  const bool quoted = text.front() == '"';
  return std::string(utf8_prefix(text, kShownBytes)) + (quoted ? "…\"" : "…");
}

nlohmann::json masked(const nlohmann::json& value) {
  if (value.is_string()) return mask_userinfo(value.get_ref<const std::string&>());
  if (!value.is_structured()) return value;
  nlohmann::json copy = value;
  for (auto& item : copy) item = masked(item);
  return copy;
}

}  // namespace

std::string mask_userinfo(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || text.find(':') > at) return std::string(text);
  const auto slashes = text.find("://");
  const std::size_t begin = slashes < at ? slashes + 3 : 0;
  return std::string(text.substr(0, begin)) + "***" + std::string(text.substr(at));
}

std::string show_value(const nlohmann::json& value, bool secret) {
  const bool unset = value.is_string() ? value.get_ref<const std::string&>().empty()
                                       : value.is_object() && value.empty();
  if (secret && !unset) return "\"***\"";
  return shorten(masked(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string show_text(std::string_view text) {
  return show_value(std::string(text), false);
}

}  // namespace millrace
