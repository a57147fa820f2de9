// TapServer: the WebSocket at /tap.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "millrace/config.hpp"
#include "net/http_server.hpp"
#include "net/websocket_stream.hpp"
#include "observability/tap.hpp"

namespace millrace {

/// Sends those who look on a text message for each event, at most `kAtATime` every `kPace` to each
/// of them; one that reads too slowly is shown fewer.
///
/// A client asks `/tap?stage=…&stream=…&payloads=…` (`tap_message.hpp`). It is refused with 400
/// where that is wrong, 403 where it is a page of another site, or one that came by a name that
/// could be forged while there is no token, 503 where `kClients` look on. A page asks for the
/// subprotocols `millrace-tap` and, where there is a token, `bearer_protocol(TOKEN)`: only the
/// first is agreed to, so that the token is in no response. Threads: the HTTP server's, but for the
/// constructor. Errors: what goes wrong with a client costs that client only. Lifetime: it outlives
/// the HTTP server, which calls `close`; `tap` outlives it.
class TapServer {
 public:
  static constexpr std::size_t kClients = 16;
  static constexpr std::size_t kAtATime = 128;
  static constexpr std::chrono::milliseconds kPace{50};

  TapServer(Tap& tap, const HttpConfig& config) : tap_(tap), config_(config) {}

  /// Of `/tap`; with `http.tap` off one that says so.
  [[nodiscard]] HttpRoute route();

  /// Those who look on are told that it ends (1001).
  void close();

 private:
  struct Client;
  using ClientPtr = std::shared_ptr<Client>;

  void upgrade(HttpUpgrade request);
  [[nodiscard]] unsigned refusal(const WebSocketRequest& request) const;
  boost::asio::awaitable<void> admit(ClientPtr client, WebSocketRequest request);
  boost::asio::awaitable<void> show(ClientPtr client);

  Tap& tap_;
  const HttpConfig config_;
  std::list<ClientPtr> clients_;
  bool closing_ = false;
};

}  // namespace millrace
