// Schema: the configuration's values, as config/schema.json lists them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// How a value is written, in a file and as text.
enum class Kind {
  text,
  integer,
  boolean,
  list,
  integers,  ///< a list of them
  duration,
  size,
  mqtt_version,
  client_id,
  file,
  source_url,
  sink_url,
  listen,
  headers
};

/// One value.
struct Key {
  std::string path;      ///< `limits.in_flight`
  std::string variable;  ///< `MILLRACE_LIMITS_IN_FLIGHT`
  std::string description;
  std::string allowed;  ///< what is allowed, reads on after "must be"
  Kind kind = Kind::text;
  bool secret = false;
  nlohmann::json initial;  ///< the default
  std::string least;       ///< durations, sizes: with unit
  std::string most;
  std::string step;  ///< durations: only multiples of it; empty: any
};

/// `MILLRACE_` and the path in capitals, `_` for every dot.
[[nodiscard]] std::string variable_of(std::string_view path);

/// The parsed schema. Threads: immutable.
class Schema {
 public:
  Schema();

  /// All values, in the order of the schema.
  [[nodiscard]] const std::vector<Key>& keys() const& noexcept { return keys_; }
  const std::vector<Key>& keys() && = delete;

  /// The value of that path, or null.
  [[nodiscard]] const Key* find(std::string_view path) const noexcept;

  /// Paths of the objects that hold values: `source`, `source.tls` …
  [[nodiscard]] const std::vector<std::string>& sections() const& noexcept { return sections_; }
  const std::vector<std::string>& sections() && = delete;
  [[nodiscard]] bool is_section(std::string_view path) const noexcept;

 private:
  void add(const std::string& path, const nlohmann::ordered_json& node);

  std::vector<Key> keys_;
  std::vector<std::string> sections_;
};

}  // namespace millrace
