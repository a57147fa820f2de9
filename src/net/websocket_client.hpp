// WebSocketClient: keeps a connection to a WebSocket server, across losses.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "config/url.hpp"
#include "millrace/connection.hpp"
#include "net/io_thread.hpp"
#include "net/reconnect_policy.hpp"
#include "net/websocket_stream.hpp"

namespace millrace {

/// RFC 6455, 7.4.1.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  bad_payload = 1007,
  try_again_later = 1013
};

/// What a client is made from: where, with what, how patiently.
struct WebSocketClientOptions {
  std::string name;  ///< of its thread
  Url url;
  WebSocketTarget target;
  WebSocketLimits limits;
  ReconnectConfig reconnect;
};

/// `end`: "source" or "sink"; its headers, token, TLS and keep-alive. A silence of one and a half
/// keep-alives is the end of a connection, as over MQTT.
///
/// Errors: throws `std::runtime_error`, one line, where a TLS file does not load.
[[nodiscard]] WebSocketClientOptions make_websocket_options(const EndpointConfig& config, End end,
                                                            ByteCount message_bytes);

/// Connects, has its owner talk, waits as `ReconnectPolicy` says, connects again.
///
/// Threads: one of its own (`thread()`), on which the events are called; `start` and `stop` on any
/// other, everything else on its own. Errors: what goes wrong is told by `lost` and tried again.
/// Lifetime: the events' owner calls `stop` before it goes; nothing is called afterwards.
class WebSocketClient {
 public:
  struct Events {
    /// Talks over a connection that is open, until that has ended; why it has, in a few words.
    std::function<boost::asio::awaitable<std::string>(WebSocketStreamPtr)> talk;
    /// There is no connection: it was lost, or an attempt to make one has failed.
    std::function<void(const ConnectionState&)> lost;
  };

  WebSocketClient(WebSocketClientOptions options, Events events);
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  void start();

  /// Ends the connection with 1001, or the trying, and the thread.
  void stop();

  /// While true, a connection that has ended is not made again.
  void hold(bool now);

  /// Takes these files for the connections made from now on. On any thread.
  void reload_tls(const TlsConfig& tls);

  /// Ends the connection that is open and makes another one; no matter where none is.
  void restart(CloseCode code, const std::string& reason);

  [[nodiscard]] IoThread& thread() noexcept { return thread_; }
  [[nodiscard]] std::string peer() const { return to_string(options_.url); }

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<std::chrono::milliseconds> connect_once();
  boost::asio::awaitable<void> wait(std::chrono::milliseconds time);
  void end(CloseCode code, const std::string& reason);

  WebSocketClientOptions options_;
  const Events events_;
  ReconnectPolicy policy_;
  IoThread thread_;
  boost::asio::steady_timer wake_{thread_.io()};
  std::shared_ptr<WebSocketClientStream> stream_;  // null between two connections
  bool open_ = false;
  bool held_ = false;
  bool stopping_ = false;
  bool started_ = false;
};

}  // namespace millrace
