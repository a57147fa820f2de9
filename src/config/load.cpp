#include "config/load.hpp"

#include "config/document.hpp"
#include "config/fill.hpp"
#include "config/read_file.hpp"
#include "config/resolve.hpp"
#include "config/settings.hpp"
#include "config/text_value.hpp"
#include "config/value_check.hpp"
#include "event/utf8.hpp"

namespace millrace {
namespace {

constexpr const char* kSet = "--set";
constexpr const char* kConfigVariable = "MILLRACE_CONFIG";

void apply_file(const std::string& named_by, const std::string& file, Settings& settings) {
  std::string text;
  if (const auto error = read_file(file, text)) {
    throw ConfigError(named_by + " = " + show_text(file) +
                      ": must name a file that can be read: " + error.message());
  }
  const Document document = parse_document(text, file);
  settings.set("", document.root, [&](const std::string& path) {
    const auto line = document.lines.find(path);
    return line == document.lines.end() ? file : file + ":" + std::to_string(line->second);
  });
}

void apply_files(const ConfigInputs& inputs, Settings& settings) {
  if (inputs.file) {
    apply_file("--config", *inputs.file, settings);
    return;
  }
  const auto variable = inputs.environment.find(kConfigVariable);
  if (variable == inputs.environment.end() || variable->second.empty()) return;
  apply_file(kConfigVariable, variable->second, settings);
}

void apply_part(const ConfigPart& part, Settings& settings) {
  const Document document = parse_document(part.json, part.origin);
  settings.set("", document.root, [&](const std::string&) { return part.origin; });
}

void apply_assignment(const std::string& assignment, Settings& settings) {
  const Schema& schema = settings.schema();
  const auto equals = assignment.find('=');
  const std::string path = assignment.substr(0, equals);
  const Key* const key = schema.find(path);
  if (equals == std::string::npos) {
    // Without `=` anything may stand here, also a secret: only a known key is repeated.
    throw ConfigError(std::string(kSet) + ": must be KEY=VALUE" +
                      (key == nullptr ? "" : "; " + path + " has no value"));
  }
  const std::string text = assignment.substr(equals + 1);
  if (!is_utf8(assignment)) throw ConfigError(std::string(kSet) + ": must be valid UTF-8");
  const auto origin = [](const std::string&) { return std::string(kSet); };
  if (key != nullptr) {
    settings.set(path, value_of_text(*key, text), origin);
  } else if (schema.is_section(path)) {
    settings.set(path, section_of_text(std::string(kSet) + " " + path, text), origin);
  } else {
    throw unknown_key(schema, path, kSet);
  }
}

}  // namespace

Config load_config(const ConfigInputs& inputs) {
  const Schema schema;
  Settings settings(schema);
  apply_files(inputs, settings);
  for (const ConfigPart& part : inputs.parts) apply_part(part, settings);
  apply_environment(inputs.environment, settings);
  for (const std::string& assignment : inputs.set) apply_assignment(assignment, settings);
  check_values(settings);
  Config config = fill_config(settings);
  validate_urls(config, settings);
  resolve(config);
  validate(config, settings);
  return config;
}

}  // namespace millrace
