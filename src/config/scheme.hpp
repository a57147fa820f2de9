// Schemes of urls: which there are, and what each stands for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/connection.hpp"

namespace millrace {

/// What a url's scheme stands for. The table in scheme.cpp says which end can have which.
enum class Scheme {
  mqtt,
  mqtts,
  mqtt_ws,
  mqtt_wss,
  ws,
  wss,
  ws_listen,
  tcp_listen,
  standard_input,
  generate,
  standard_output
};

/// How what comes after the colon is written.
enum class UrlForm { peer, peer_with_target, listener, listener_with_target, query, nothing };

/// What is known of a scheme.
struct SchemeInfo {
  std::string_view name;  ///< lower case
  Scheme scheme;
  unsigned ends;  ///< bits, see `has_end`
  UrlForm form;
  std::uint16_t port;     ///< where none is written; 0: it must be written
  std::string_view text;  ///< the form, for people
};

[[nodiscard]] const SchemeInfo& info(Scheme scheme) noexcept;

/// The scheme of that name, in lower case, at that end.
///
/// Errors: throws `std::invalid_argument` with what is wrong and what is allowed.
[[nodiscard]] Scheme scheme_of(std::string_view name, End end);

/// Whether an MQTT connection goes there.
[[nodiscard]] bool is_mqtt(Scheme scheme) noexcept;

/// Whether MQTT or anything else goes there in a WebSocket that we open.
[[nodiscard]] bool is_websocket(Scheme scheme) noexcept;

/// Whether we verify the peer's certificate there.
[[nodiscard]] bool is_tls_client(Scheme scheme) noexcept;

/// Whether we wait there for others to connect.
[[nodiscard]] bool is_listener(Scheme scheme) noexcept;

/// Whether its bytes come without message boundaries.
[[nodiscard]] bool is_byte_stream(Scheme scheme) noexcept;

}  // namespace millrace
