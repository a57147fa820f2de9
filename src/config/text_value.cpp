#include "config/text_value.hpp"

#include <charconv>
#include <cstdint>
#include <string_view>

#include "config/document.hpp"

namespace millrace {
namespace {

using Json = nlohmann::json;

Json whole_number(const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && rest == end) return number;
  return text;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

Json list(const std::string& text) {
  std::string_view rest = trimmed(text);
  if (rest.starts_with('[')) {
    Json parsed = Json::parse(rest, nullptr, false);
    return parsed.is_array() ? parsed : Json(text);
  }
  Json items = Json::array();
  bool more = !rest.empty();
  while (more) {
    const auto comma = rest.find(',');
    items.push_back(std::string(trimmed(rest.substr(0, comma))));
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  return items;
}

}  // namespace

Json value_of_text(const Key& key, const std::string& text) {
  switch (key.kind) {
    case Kind::integer:
    case Kind::mqtt_version:
      return whole_number(text);
    case Kind::boolean:
      if (text == "true") return true;
      if (text == "false") return false;
      return text;
    case Kind::list:
      return list(text);
    case Kind::text:
    case Kind::duration:
    case Kind::size:
    case Kind::client_id:
    case Kind::file:
    case Kind::source_url:
    case Kind::sink_url:
    case Kind::listen:
      return text;
  }
  return text;
}

Json section_of_text(const std::string& name, const std::string& text) {
  if (!trimmed(text).starts_with('{')) return text;
  return parse_document(text, name).root;
}

}  // namespace millrace
