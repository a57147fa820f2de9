// WebSocketServer: accepts WebSocket clients at one address and path.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "net/http_address.hpp"
#include "net/io_thread.hpp"
#include "net/websocket_stream.hpp"

namespace millrace {

struct WebSocketServerOptions {
  ListenAddress listen;
  std::string path = "/";  ///< without a query
  std::string token;       ///< where not empty, `Authorization: Bearer TOKEN` is needed
  /// Origins of other sites' pages that may connect (RFC 6454, 6.2), `*` for all. A page that comes
  /// from the server's own host and port always may, and so may what is no page.
  std::vector<std::string> origins;
  std::size_t clients = 1000;  ///< at a time; the next one gets 503
  TlsContextPtr tls;           ///< null: none
  WebSocketLimits limits;
};

/// The status with which a request is refused, or 0: 400 (no HTTP/1.1 with a Host), 401 (token),
/// 404 (path), 426 (no upgrade to WebSocket), 403 (origin).
[[nodiscard]] unsigned refusal_of(const WebSocketRequest& request,
                                  const WebSocketServerOptions& options);

/// Checks who asks, and hands those over who may enter.
///
/// Threads: `stop_accepting` on the thread of `thread`, where the clients are served; the rest on
/// another. Errors: the constructor throws `std::runtime_error` where it can't listen; what goes
/// wrong with a client costs that client only.
/// Lifetime: `thread` outlives it and has ended before it is destroyed.
class WebSocketServer {
 public:
  /// Talks to a client, named by its address, until it has gone.
  using Serve =
      std::function<boost::asio::awaitable<void>(WebSocketServerStreamPtr, std::string client)>;

  /// Listens from now on; clients wait to be accepted until `start`.
  WebSocketServer(WebSocketServerOptions options, IoThread& thread, Serve serve);

  void start();

  /// No client enters any more; those that are just asking are sent away. Those inside stay.
  void stop_accepting();

  /// Clients that come from now on are spoken to with this. On the thread of `thread`.
  void reload_tls(TlsContextPtr tls) { options_.tls = std::move(tls); }

  /// With the port that it got where port 0 was asked for.
  [[nodiscard]] ListenAddress address() const;

 private:
  boost::asio::awaitable<void> accept_all();
  boost::asio::awaitable<void> admit(boost::asio::ip::tcp::socket socket);

  WebSocketServerOptions options_;
  IoThread& thread_;
  const Serve serve_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::list<WebSocketServerStreamPtr> asking_;
  std::size_t inside_ = 0;
  bool closing_ = false;
};

}  // namespace millrace
