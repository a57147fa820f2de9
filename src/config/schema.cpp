#include "config/schema.hpp"

#include <algorithm>
#include <stdexcept>

#include "config/schema_text.hpp"

namespace millrace {
namespace {

using Node = nlohmann::ordered_json;

std::string text_of(const Node& node, const char* name) {
  return node.value(name, std::string());
}

Kind kind_of(const Node& node) {
  const std::string name =
      node.contains("x-kind") ? text_of(node, "x-kind") : text_of(node, "type");
  static constexpr std::pair<std::string_view, Kind> kKinds[] = {
      {"string", Kind::text},
      {"integer", Kind::integer},
      {"boolean", Kind::boolean},
      {"array", Kind::list},
      {"integers", Kind::integers},
      {"duration", Kind::duration},
      {"size", Kind::size},
      {"mqtt_version", Kind::mqtt_version},
      {"client_id", Kind::client_id},
      {"file", Kind::file},
      {"source_url", Kind::source_url},
      {"sink_url", Kind::sink_url},
      {"listen", Kind::listen},
      {"headers", Kind::headers}};
  for (const auto& [known, kind] : kKinds) {
    if (known == name) return kind;
  }
  throw std::logic_error("config/schema.json: unknown kind " + name);
}

std::string choices(const Node& values) {
  std::string list;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) list += i + 1 == values.size() ? " or " : ", ";
    list += values[i].is_string() ? values[i].get<std::string>() : values[i].dump();
  }
  return list;
}

std::string ranged(const Key& key, const std::string& what, const std::string& units) {
  const std::string whole = key.step.empty() ? "" : ", in steps of " + key.step;
  return what + " from " + key.least + " to " + key.most + whole + " (units " + units + ")";
}

std::string allowed_of(const Key& key, const Node& node) {
  if (node.contains("x-allowed")) return text_of(node, "x-allowed");
  if (node.contains("enum")) return choices(node["enum"]);
  switch (key.kind) {
    case Kind::integer:
      return "a whole number from " + node["minimum"].dump() + " to " + node["maximum"].dump();
    case Kind::boolean:
      return "true or false";
    case Kind::list:
      return "a list of texts";
    case Kind::integers:
      return "a list of whole numbers";
    case Kind::duration:
      return ranged(key, "a duration", "ms, s, m, h");
    case Kind::size:
      return ranged(key, "a size", "B, KiB, MiB, GiB");
    case Kind::text:
    case Kind::mqtt_version:
    case Kind::client_id:
    case Kind::file:
    case Kind::source_url:
    case Kind::sink_url:
    case Kind::listen:
    case Kind::headers:
      return "a text";
  }
  return {};
}

}  // namespace

std::string variable_of(std::string_view path) {
  std::string name = "MILLRACE_";
  for (const char c : path) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

Schema::Schema() {
  add("", Node::parse(schema_text()));
}

void Schema::add(const std::string& path, const Node& node) {
  if (node.contains("properties")) {
    if (!path.empty()) sections_.push_back(path);
    for (const auto& [name, child] : node["properties"].items()) {
      add(path.empty() ? name : path + "." + name, child);
    }
    return;
  }
  Key key;
  key.path = path;
  key.variable = variable_of(path);
  key.description = text_of(node, "description");
  key.kind = kind_of(node);
  key.secret = node.value("x-secret", false);
  key.initial = node["default"];
  key.least = text_of(node, "x-min");
  key.most = text_of(node, "x-max");
  key.step = text_of(node, "x-step");
  key.allowed = allowed_of(key, node);
  keys_.push_back(std::move(key));
}

const Key* Schema::find(std::string_view path) const noexcept {
  const auto at =
      std::find_if(keys_.begin(), keys_.end(), [path](const Key& key) { return key.path == path; });
  return at == keys_.end() ? nullptr : &*at;
}

bool Schema::is_section(std::string_view path) const noexcept {
  return std::find(sections_.begin(), sections_.end(), path) != sections_.end();
}

}  // namespace millrace
