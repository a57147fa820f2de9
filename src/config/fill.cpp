#include "config/fill.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "config/binding.hpp"
#include "config/enum_names.hpp"
#include "config/settings.hpp"
#include "config/value.hpp"

namespace millrace {
namespace {

using Json = nlohmann::json;

void assign(const Json& value, std::string& member) {
  member = value.get<std::string>();
}
void assign(const Json& value, bool& member) {
  member = value.get<bool>();
}
void assign(const Json& value, unsigned& member) {
  member = value.get<unsigned>();
}
void assign(const Json& value, int& member) {
  member = value == "3.1.1" ? 4 : value.get<int>();  // the level in CONNECT (MQTT 3.1.1, 3.1.2.2)
}
void assign(const Json& value, std::vector<std::string>& member) {
  member = value.get<std::vector<std::string>>();
}
void assign(const Json& value, std::vector<unsigned>& member) {
  member = value.get<std::vector<unsigned>>();
}
void assign(const Json& value, std::map<std::string, std::string>& member) {
  member = value.get<std::map<std::string, std::string>>();
}
// What cannot be parsed does not get here: see value_check.hpp.
// NOLINTBEGIN(bugprone-unchecked-optional-access)
void assign(const Json& value, Duration& member) {
  member = *parse_duration(value.get_ref<const std::string&>());
}
void assign(const Json& value, ByteCount& member) {
  member =
      value.is_string() ? *parse_size(value.get_ref<const std::string&>()) : value.get<ByteCount>();
}
// NOLINTEND(bugprone-unchecked-optional-access)

template <typename Enum, std::enable_if_t<std::is_enum_v<Enum>, int> = 0>
void assign(const Json& value, Enum& member) {
  const auto& names = kEnumNames<Enum>;
  const auto at = std::find(names.begin(), names.end(), value.get_ref<const std::string&>());
  member = static_cast<Enum>(at - names.begin());
}

}  // namespace

Config fill_config(const Settings& settings) {
  Config config;
  visit_config(config, [&settings](const std::string& path, auto& member) {
    assign(settings.at(path).value, member);
  });
  return config;
}

}  // namespace millrace
