// Settings: the values of the configuration, merged from where they were given.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "config/error.hpp"
#include "config/schema.hpp"

namespace millrace {

/// A value and who gave it.
struct Setting {
  const Key* key = nullptr;
  nlohmann::json value;
  std::string origin;  ///< `config.json:7`, `MILLRACE_SOURCE_URL`, `--set`, `default`
};

/// All values, the defaults at first; each `set` overrides what was there.
///
/// Threads: one at a time. Lifetime: the schema outlives it.
class Settings {
 public:
  /// Says where the value of a path comes from.
  using Origin = std::function<std::string(const std::string& path)>;

  explicit Settings(const Schema& schema);

  /// Sets the value at `path`, or, of an object, the values in it (the empty path is the whole
  /// document). Errors: throws `ConfigError` where there is no such key, or where a section is
  /// given what is no object.
  void set(const std::string& path, const nlohmann::json& value, const Origin& origin);

  [[nodiscard]] const Setting& at(std::string_view path) const;
  [[nodiscard]] const Schema& schema() const noexcept { return schema_; }

  /// The values as one document.
  [[nodiscard]] nlohmann::json document() const;

  /// `path = value (origin): why`; the error of a value that cannot be.
  [[nodiscard]] ConfigError error(std::string_view path, const std::string& why) const;

 private:
  const Schema& schema_;
  std::map<std::string, Setting, std::less<>> settings_;
};

/// The error of a key that does not exist, with the nearest one that does.
[[nodiscard]] ConfigError unknown_key(const Schema& schema, const std::string& path,
                                      const std::string& origin);

}  // namespace millrace
