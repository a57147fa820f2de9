// ConfigError: a configuration that cannot work.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace millrace {

/// One line: the key (or variable), its value and where that came from, what is allowed. Never
/// holds a secret. `main` prints it and exits with 2.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The value as a message or a listing may show it: JSON on one line, cut to about 80 bytes; a user
/// and password in a url masked; a secret as `"***"`.
[[nodiscard]] std::string show_value(const nlohmann::json& value, bool secret);

/// `text` in double quotes, by the same rules.
[[nodiscard]] std::string show_text(std::string_view text);

/// What may be a user and password before an `@` replaced by `***`; other texts as they are.
[[nodiscard]] std::string mask_userinfo(std::string_view text);

}  // namespace millrace
