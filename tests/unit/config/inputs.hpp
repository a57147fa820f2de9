// What a test hands to load_config, as a data file says it.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "config/load.hpp"
#include "support/temp_folder.hpp"

namespace millrace::test {

inline std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

/// The bytes that the characters U+0000 to U+00FF of a text stand for.
inline std::string from_latin1(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      bytes += text[i];
    } else {
      bytes += static_cast<char>((c << 6) | (static_cast<unsigned char>(text[++i]) & 0x3f));
    }
  }
  return bytes;
}

/// The inputs that a data file describes: `config` (an object) or `text` (as it stands) or `latin1`
/// (bytes) is the file config.json; `env` and `set`; `files` are others, by name. `{dir}` stands
/// for the folder.
inline ConfigInputs inputs_of(const nlohmann::ordered_json& data, const TempFolder& folder) {
  const auto placed = [&folder](const std::string& text) {
    return replaced(text, "{dir}", folder.path().string());
  };
  ConfigInputs inputs;
  if (data.contains("config")) inputs.file = folder.write("config.json", data["config"].dump(2));
  if (data.contains("text")) inputs.file = folder.write("config.json", data["text"]);
  if (data.contains("latin1")) {
    inputs.file = folder.write("config.json", from_latin1(data["latin1"].get<std::string>()));
  }
  const auto none = nlohmann::ordered_json::object();
  const auto files = data.value("files", none);
  for (const auto& [name, bytes] : files.items()) folder.write(name, bytes);
  const auto environment = data.value("env", none);
  for (const auto& [name, text] : environment.items()) inputs.environment[name] = placed(text);
  const auto assignments = data.value("set", nlohmann::ordered_json::array());
  for (const auto& text : assignments) inputs.set.push_back(placed(text));
  if (data.contains("file")) inputs.file = placed(data["file"].get<std::string>());
  return inputs;
}

}  // namespace millrace::test
