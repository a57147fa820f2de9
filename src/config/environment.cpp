#include "config/environment.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "config/error.hpp"
#include "config/read_file.hpp"
#include "config/settings.hpp"
#include "config/suggest.hpp"
#include "config/text_value.hpp"
#include "event/utf8.hpp"

namespace millrace {
namespace {

constexpr std::string_view kPrefix = "MILLRACE_";
constexpr std::string_view kFileSuffix = "_FILE";

bool passed_over(std::string_view name) {
  return !name.starts_with(kPrefix) || name == "MILLRACE_CONFIG" ||
         name.starts_with("MILLRACE_SERVICE_") || name.starts_with("MILLRACE_PORT");
}

std::vector<std::string> known_variables(const Schema& schema) {
  std::vector<std::string> names{"MILLRACE_CONFIG"};
  for (const Key& key : schema.keys()) {
    names.push_back(key.variable);
    if (key.secret) names.push_back(key.variable + std::string(kFileSuffix));
  }
  for (const std::string& section : schema.sections()) names.push_back(variable_of(section));
  return names;
}

// `…_FILE` of a value that is no secret.
void refuse_file(std::string_view name, const Schema& schema) {
  const std::string_view variable = name.substr(0, name.size() - kFileSuffix.size());
  for (const Key& key : schema.keys()) {
    if (key.variable != variable) continue;
    throw ConfigError(show_text(name) +
                      " (environment): there is no such variable; only secrets are read from "
                      "files, give " +
                      key.variable);
  }
}

void check_names(const Environment& environment, const Schema& schema) {
  const std::vector<std::string> known = known_variables(schema);
  for (const auto& [name, value] : environment) {
    if (passed_over(name)) continue;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    // All files' variables end alike, which makes none of them likely.
    const bool file = name.ends_with(kFileSuffix);
    if (file) refuse_file(name, schema);
    const std::string guess = nearest(name, known, file ? '\0' : '_');
    throw ConfigError(
        show_text(name) + " (environment): there is no such variable; " +
        (guess.empty() ? "`millrace print-config` lists them" : "did you mean " + guess + "?"));
  }
}

const std::string* lookup(const Environment& environment, const std::string& name) {
  const auto at = environment.find(name);
  if (at == environment.end()) return nullptr;
  if (!is_utf8(at->second)) throw ConfigError(name + ": must be valid UTF-8");
  return &at->second;
}

std::string read_secret(const std::string& variable, const std::string& file) {
  std::string secret;
  if (const auto error = read_file(file, secret)) {
    throw ConfigError(variable + " = " + show_text(file) +
                      ": must name a file that can be read: " + error.message());
  }
  if (secret.ends_with('\n')) secret.pop_back();
  if (!is_utf8(secret)) throw ConfigError(variable + ": the file must hold valid UTF-8");
  return secret;
}

void apply_key(const Environment& environment, const Key& key, Settings& settings) {
  const std::string* const text = lookup(environment, key.variable);
  const auto origin = [&key](const std::string&) { return key.variable; };
  if (text != nullptr) settings.set(key.path, value_of_text(key, *text), origin);
  if (!key.secret) return;
  const std::string file_variable = key.variable + std::string(kFileSuffix);
  const std::string* const file = lookup(environment, file_variable);
  if (file == nullptr) return;
  if (text != nullptr) {
    throw ConfigError(key.path + ": must be given by " + key.variable + " or by " + file_variable +
                      ", not by both");
  }
  settings.set(key.path, value_of_text(key, read_secret(file_variable, *file)),
               [&file_variable](const std::string&) { return file_variable; });
}

}  // namespace

Environment read_environment(const char* const* variables) {
  Environment environment;
  for (; *variables != nullptr; ++variables) {
    const std::string_view entry(*variables);
    const auto equals = entry.find('=');
    if (!entry.starts_with(kPrefix) || equals == std::string_view::npos) continue;
    environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return environment;
}

void apply_environment(const Environment& environment, Settings& settings) {
  const Schema& schema = settings.schema();
  check_names(environment, schema);
  // Sections stand in the schema's order: outer ones before those inside.
  for (const std::string& section : schema.sections()) {
    const std::string variable = variable_of(section);
    const std::string* const text = lookup(environment, variable);
    if (text == nullptr) continue;
    settings.set(section, section_of_text(variable, *text),
                 [&variable](const std::string&) { return variable; });
  }
  for (const Key& key : schema.keys()) apply_key(environment, key, settings);
}

}  // namespace millrace
