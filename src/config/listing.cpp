#include "config/listing.hpp"

#include <map>
#include <type_traits>

#include "config/binding.hpp"
#include "config/enum_names.hpp"
#include "config/error.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"

namespace millrace {
namespace {

using Json = nlohmann::json;

Json to_json(Duration value) {
  return format_duration(value);
}
Json to_json(ByteCount value) {
  return format_size(value);
}

template <typename Value, std::enable_if_t<!std::is_enum_v<Value>, int> = 0>
Json to_json(const Value& value) {
  return value;
}

template <typename Enum, std::enable_if_t<std::is_enum_v<Enum>, int> = 0>
Json to_json(Enum value) {
  return std::string(to_text(value));
}

std::string listed(const Key& key, const Json& value) {
  if (key.secret) return show_value(value, true);
  if (key.kind == Kind::mqtt_version && value == 4) return "\"3.1.1\"";
  return value.dump();
}

}  // namespace

std::vector<ListedValue> list_config(const Config& config) {
  std::map<std::string, Json> values;
  visit_config(config, [&values](const std::string& path, const auto& member) {
    values.emplace(path, to_json(member));
  });
  const Schema schema;
  std::vector<ListedValue> list;
  for (const Key& key : schema.keys()) {
    list.push_back({key.path, key.variable, listed(key, values.at(key.path))});
  }
  return list;
}

}  // namespace millrace
