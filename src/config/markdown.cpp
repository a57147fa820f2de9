#include "config/markdown.hpp"

#include <string_view>

#include "config/schema.hpp"

namespace millrace {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '|':
      case '*':
      case '_':
      case '[':
      case ']':
        result += '\\';
        [[fallthrough]];
      default:
        result += c;
    }
  }
  return result;
}

std::string row(const Key& key) {
  const std::string file = key.secret ? ", or the file named by `" + key.variable + "_FILE`" : "";
  return "| `" + key.path + "`<br>`" + key.variable + "` | `" + key.initial.dump() + "` | " +
         escaped(key.allowed) + file + " | " + escaped(key.description) + " |\n";
}

}  // namespace

std::string schema_markdown() {
  std::string table = "| key and variable | default | allowed | meaning |\n|---|---|---|---|\n";
  const Schema schema;
  for (const Key& key : schema.keys()) table += row(key);
  return table;
}

}  // namespace millrace
