// Urls of sources and sinks, and addresses to listen on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/config.hpp"
#include "millrace/connection.hpp"

namespace millrace {

/// What a url's scheme stands for. The table in url.cpp says which end can have which; a scheme
/// that this version has joins here and there, and nowhere else until a factory handles it.
enum class Scheme { mqtt, mqtts, standard_input, generate, standard_output };

/// `generate:?count=10&interval=1s`.
struct GenerateQuery {
  std::optional<std::uint64_t> count;  ///< events, from 1; nothing: for ever
  Duration interval{1000};
};

/// A url, checked.
struct Url {
  Scheme scheme = Scheme::mqtt;
  std::string host;        ///< name or address, IPv6 without its brackets; empty but for MQTT
  std::uint16_t port = 0;  ///< 1 … 65535, the scheme's default where none is written
  GenerateQuery generate;  ///< of `generate:`
};

/// Reads the url of a source or a sink.
///
/// MQTT: `mqtt://HOST[:PORT]` (1883) and `mqtts://HOST[:PORT]` (8883), nothing after it but one
/// `/`; HOST is a name, an IPv4 address, or an IPv6 address in brackets (RFC 3986, 3.2.2).
///
/// Errors: throws `std::invalid_argument` with what is wrong and what is allowed, in half a line
/// that reads on after the value; it repeats no part of the text but the scheme.
[[nodiscard]] Url parse_url(std::string_view text, End end);

/// Whether an MQTT connection goes there.
[[nodiscard]] bool is_mqtt(Scheme scheme) noexcept;

/// Whether its bytes come without message boundaries.
[[nodiscard]] bool is_byte_stream(Scheme scheme) noexcept;

/// `scheme://host:port`, or `scheme:`: what a message may call the peer.
[[nodiscard]] std::string to_string(const Url& url);

/// Where to listen.
struct ListenAddress {
  std::string host;        ///< name or address, IPv6 without its brackets
  std::uint16_t port = 0;  ///< 0: a free one
};

/// Reads `HOST:PORT`, by the rules of `parse_url` but for port 0.
[[nodiscard]] ListenAddress parse_listen(std::string_view text);

}  // namespace millrace
