#include "commands/json_node.hpp"

#include <algorithm>
#include <utility>

#include "config/error.hpp"
#include "config/suggest.hpp"

namespace millrace {
namespace {

// The line of the value itself, or of the nearest one around it that has one.
int line_around(const Document& document, std::string path) {
  while (!path.empty()) {
    if (const auto line = document.lines.find(path); line != document.lines.end()) {
      return line->second;
    }
    const auto end = path.find_last_of(".[");
    path.resize(end == std::string::npos ? 0 : end);
  }
  return 1;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

JsonNode::JsonNode(const Document& document, const std::string& name)
    : document_(document), name_(name), value_(&document.root) {}

JsonNode::JsonNode(const JsonNode& parent, const nlohmann::json& value, std::string path)
    : document_(parent.document_), name_(parent.name_), value_(&value), path_(std::move(path)) {}

void JsonNode::check_object(const std::vector<std::string>& known) const {
  if (!value_->is_object()) fail("must be an object");
  for (const auto& [key, value] : value_->items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string guess = nearest(key, known, '.');
    fail(show_text(key) + " is not known here" +
         (guess.empty() ? "; allowed: " + joined(known) : "; did you mean \"" + guess + "\"?"));
  }
}

JsonNode JsonNode::at(const std::string& key) const {
  auto node = find(key);
  if (!node) fail("must have \"" + key + "\"");
  return *std::move(node);
}

std::optional<JsonNode> JsonNode::find(const std::string& key) const {
  if (!value_->is_object()) fail("must be an object");
  const auto found = value_->find(key);
  if (found == value_->end()) return std::nullopt;
  return JsonNode(*this, *found, path_.empty() ? key : path_ + "." + key);
}

std::vector<JsonNode> JsonNode::items() const {
  if (!value_->is_array()) fail("must be a list");
  std::vector<JsonNode> nodes;
  nodes.reserve(value_->size());
  for (const auto& item : *value_) {
    nodes.push_back(JsonNode(*this, item, path_ + "[" + std::to_string(nodes.size()) + "]"));
  }
  return nodes;
}

std::string JsonNode::text() const {
  if (!value_->is_string()) fail("must be a text");
  return value_->get<std::string>();
}

std::uint64_t JsonNode::integer(std::uint64_t least, std::uint64_t most) const {
  if (value_->is_number_unsigned()) {
    const auto number = value_->get<std::uint64_t>();
    if (number >= least && number <= most) return number;
  }
  fail("must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

bool JsonNode::boolean() const {
  if (!value_->is_boolean()) fail("must be true or false");
  return value_->get<bool>();
}

void JsonNode::fail(const std::string& why) const {
  const std::string place =
      name_.empty() ? "" : name_ + ":" + std::to_string(line_around(document_, path_)) + ": ";
  throw ConfigError(place + (path_.empty() ? "" : path_ + ": ") + why);
}

}  // namespace millrace
