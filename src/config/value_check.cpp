#include "config/value_check.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "config/schema_check.hpp"
#include "config/settings.hpp"
#include "config/value.hpp"
#include "event/utf8.hpp"

namespace millrace {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestClientId = 256;

// MQTT strings (MQTT 5, 1.5.4) and paths alike: neither can hold U+0000.
bool fits(const Json& value) {
  if (value.is_string()) return is_mqtt_string(value.get_ref<const std::string&>());
  if (!value.is_structured()) return true;
  return std::all_of(value.begin(), value.end(), fits);
}

// The bounds are the schema's own, which are tested.
// NOLINTBEGIN(bugprone-unchecked-optional-access)
bool is_duration(const Key& key, const Json& value) {
  if (!value.is_string()) return false;
  const auto duration = parse_duration(value.get_ref<const std::string&>());
  if (!duration || *duration < *parse_duration(key.least)) return false;
  if (*duration > *parse_duration(key.most)) return false;
  return key.step.empty() || duration->count() % parse_duration(key.step)->count() == 0;
}

bool is_size(const Key& key, const Json& value) {
  if (value.is_number_float() || value.is_boolean()) return false;
  if (value.is_number_integer() && !value.is_number_unsigned() && value < 0) return false;
  if (!value.is_number() && !value.is_string()) return false;
  const auto size =
      value.is_number() ? value.get<ByteCount>() : parse_size(value.get_ref<const std::string&>());
  return size && *size >= *parse_size(key.least) && *size <= *parse_size(key.most);
}
// NOLINTEND(bugprone-unchecked-optional-access)

bool is_client_id(const Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() <= kLongestClientId && std::none_of(text.begin(), text.end(), [](char c) {
           return (c >= 0 && c < ' ') || c == '\x7f';
         });
}

bool is_of_kind(const Key& key, const Json& value) {
  switch (key.kind) {
    case Kind::duration:
      return is_duration(key, value);
    case Kind::size:
      return is_size(key, value);
    case Kind::client_id:
      return is_client_id(value);
    case Kind::text:
    case Kind::integer:
    case Kind::boolean:
    case Kind::list:
    case Kind::integers:
    case Kind::mqtt_version:
    case Kind::file:
    case Kind::source_url:
    case Kind::sink_url:
    case Kind::listen:
    case Kind::headers:
      return true;  // the schema, or the checks of the whole, say more
  }
  return true;
}

}  // namespace

void check_values(const Settings& settings) {
  // Before the schema, whose patterns std::regex matches by recursion over the text.
  for (const Key& key : settings.schema().keys()) {
    const Json& value = settings.at(key.path).value;
    if (!fits(value)) {
      throw settings.error(key.path, "must be at most 65535 bytes of UTF-8 without U+0000");
    }
    if (!is_of_kind(key, value)) throw settings.error(key.path, "must be " + key.allowed);
  }
  const auto violations = schema_violations(settings.document());
  if (violations.empty()) return;
  for (const Key& key : settings.schema().keys()) {
    const auto at = violations.lower_bound(key.path);
    if (at != violations.end() && at->starts_with(key.path) &&
        (at->size() == key.path.size() || at->at(key.path.size()) == '.')) {
      throw settings.error(key.path, "must be " + key.allowed);
    }
  }
  throw std::logic_error("config/schema.json allows nothing at " + *violations.begin());
}

}  // namespace millrace
