#include "config/settings.hpp"

#include <algorithm>

#include "config/suggest.hpp"

namespace millrace {
namespace {

using Json = nlohmann::json;

std::string joined(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

Json::json_pointer pointer_to(std::string path) {
  std::replace(path.begin(), path.end(), '.', '/');
  return Json::json_pointer("/" + path);
}

}  // namespace

Settings::Settings(const Schema& schema) : schema_(schema) {
  for (const Key& key : schema.keys()) {
    settings_.emplace(key.path, Setting{&key, key.initial, "default"});
  }
}

void Settings::set(const std::string& path, const Json& value, const Origin& origin) {
  if (const auto at = settings_.find(path); at != settings_.end()) {
    at->second.value = value;
    at->second.origin = origin(path);
    return;
  }
  if (!path.empty() && !schema_.is_section(path)) throw unknown_key(schema_, path, origin(path));
  if (!value.is_object()) {
    const auto first =
        std::find_if(schema_.keys().begin(), schema_.keys().end(),
                     [&path](const Key& key) { return key.path.starts_with(path + "."); });
    throw ConfigError(path + " (" + origin(path) +
                      "): must be a JSON object; its values have keys of their own, such as " +
                      first->path);
  }
  for (const auto& [name, child] : value.items()) set(joined(path, name), child, origin);
}

const Setting& Settings::at(std::string_view path) const {
  return settings_.find(path)->second;
}

Json Settings::document() const {
  Json document = Json::object();
  for (const auto& [path, setting] : settings_) document[pointer_to(path)] = setting.value;
  return document;
}

ConfigError Settings::error(std::string_view path, const std::string& why) const {
  const Setting& setting = at(path);
  return ConfigError(setting.key->path + " = " + show_value(setting.value, setting.key->secret) +
                     " (" + setting.origin + "): " + why);
}

ConfigError unknown_key(const Schema& schema, const std::string& path, const std::string& origin) {
  std::vector<std::string> known = schema.sections();
  for (const Key& key : schema.keys()) known.push_back(key.path);
  const std::string guess = nearest(path, known, '.');
  return ConfigError(
      show_text(path) + " (" + origin + "): there is no such key; " +
      (guess.empty() ? "`millrace schema` lists them" : "did you mean " + guess + "?"));
}

}  // namespace millrace
