// Addresses of HTTP servers.
#pragma once

#include <string>

#include "config/url.hpp"

namespace millrace {

/// Where to ask something that listens at `address`: a loopback address for one that means "all".
[[nodiscard]] ListenAddress reachable(ListenAddress address);

/// `127.0.0.1:9464`, `[::1]:9464`.
[[nodiscard]] std::string to_string(const ListenAddress& address);

}  // namespace millrace
