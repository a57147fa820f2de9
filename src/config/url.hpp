// Urls of sources and sinks, and addresses to listen on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/scheme.hpp"
#include "millrace/config.hpp"
#include "millrace/connection.hpp"

namespace millrace {

/// `generate:?count=10&interval=1s`.
struct GenerateQuery {
  std::optional<std::uint64_t> count;  ///< events, from 1; nothing: for ever
  Duration interval{1000};
};

/// A url, checked.
struct Url {
  Scheme scheme = Scheme::mqtt;
  std::string host;  ///< name or address, IPv6 without its brackets; empty where it has none
  std::uint16_t port =
      0;  ///< the scheme's default where none is written; 0: a free one (listeners)
  std::string
      target;  ///< of WebSockets: path and query; `/`, of MQTT `/mqtt`, where none is written
  GenerateQuery generate;  ///< of `generate:`
};

/// Reads the url of a source or a sink.
///
/// HOST is a name, an IPv4 address, or an IPv6 address in brackets (RFC 3986, 3.2.2). After
/// `mqtt://`, `mqtts://` and `tcp-listen://HOST:PORT` nothing may come but one `/`; a WebSocket has
/// a path and a query, but no fragment (RFC 6455, 3).
///
/// Errors: throws `std::invalid_argument` with what is wrong and what is allowed, in half a line
/// that reads on after the value; it repeats no part of the text but the scheme.
[[nodiscard]] Url parse_url(std::string_view text, End end);

/// `scheme://host:port`, or `scheme:`: what a message may call the peer. Without a path, which may
/// hold a secret.
[[nodiscard]] std::string to_string(const Url& url);

/// Whether what is sent to that host stays on this one.
[[nodiscard]] bool is_loopback(std::string_view host) noexcept;

/// Where to listen.
struct ListenAddress {
  std::string host;        ///< name or address, IPv6 without its brackets
  std::uint16_t port = 0;  ///< 0: a free one
};

/// Reads `HOST:PORT`, by the rules of `parse_url` but for port 0.
[[nodiscard]] ListenAddress parse_listen(std::string_view text);

}  // namespace millrace
