#include "config/text_value.hpp"

#include <charconv>
#include <cstdint>
#include <string_view>

#include "config/document.hpp"
#include "config/error.hpp"

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
    bool too_deep = false;
    const auto shallow = [&too_deep](int depth, Json::parse_event_t, const Json&) {
      too_deep |= static_cast<std::size_t>(depth) > kDeepestValue;
      return !too_deep;
    };
    Json parsed = Json::parse(rest, shallow, false);
    return parsed.is_array() && !too_deep ? parsed : Json(text);
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

Json integers(const std::string& text) {
  Json items = list(text);
  if (!items.is_array()) return items;
  for (Json& item : items) {
    if (item.is_string()) item = whole_number(item.get<std::string>());
  }
  return items;
}

// A name that is given twice would be a value that is dropped.
Json object(const std::string& text) {
  try {
    return parse_document(text, "").root;
  } catch (const ConfigError&) {
    return text;
  }
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
    case Kind::integers:
      return integers(text);
    case Kind::headers:
      return object(text);
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
