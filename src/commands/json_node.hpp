// JsonNode: reading a JSON document value by value, with errors that say where.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"

namespace millrace {

/// One value of a document.
///
/// Threads: immutable.
/// Errors: what is not as asked for is thrown as `ConfigError`, one line: `FILE:LINE: PATH: must
/// be …`. Values are not repeated in it, but for names of keys.
/// Lifetime: document and name outlive it.
class JsonNode {
 public:
  /// The whole document. `name`: what messages call it; empty: they begin with the path.
  JsonNode(const Document& document, const std::string& name);

  [[nodiscard]] const nlohmann::json& value() const noexcept { return *value_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// An object with no other keys than these.
  void check_object(const std::vector<std::string>& known) const;

  /// Of an object: the value of that key, which there must be, or may be.
  [[nodiscard]] JsonNode at(const std::string& key) const;
  [[nodiscard]] std::optional<JsonNode> find(const std::string& key) const;

  /// Of an array.
  [[nodiscard]] std::vector<JsonNode> items() const;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::uint64_t integer(std::uint64_t least, std::uint64_t most) const;
  [[nodiscard]] bool boolean() const;

  [[noreturn]] void fail(const std::string& why) const;

 private:
  JsonNode(const JsonNode& parent, const nlohmann::json& value, std::string path);

  const Document& document_;
  const std::string& name_;
  const nlohmann::json* value_;
  std::string path_;
};

}  // namespace millrace
