// A minimal HTTP client, for `millrace health`.
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "net/http_address.hpp"

namespace millrace {

struct HttpQuestion {
  ListenAddress address;
  std::string path;
  std::string token;                        ///< empty: none
  std::chrono::milliseconds timeout{3000};  ///< for everything together
};

struct HttpReceived {
  unsigned status = 0;
  std::string body;
};

/// Asks once (GET). The alternative is why there is no answer, in a few words.
[[nodiscard]] std::variant<HttpReceived, std::string> http_get(const HttpQuestion& question);

}  // namespace millrace
