// Which pages may connect to a WebSocket server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/websocket_stream.hpp"

namespace millrace {

/// Whether a request comes from a page of the server's own host and port, from one of the
/// `origins` (RFC 6454, 6.2; `*`: any), or from no page: a browser lets any page connect to any
/// server (RFC 6455, 10.2).
[[nodiscard]] bool allowed_origin(const WebSocketRequest& request,
                                  const std::vector<std::string>& origins);

/// Whether nobody on the internet can make the name in a `Host` header stand for another address
/// (DNS rebinding), which would make a page of theirs one of the server's own: an IP address,
/// `localhost` and what ends with it, a name without a dot.
[[nodiscard]] bool unforgeable_host(std::string_view host);

}  // namespace millrace
