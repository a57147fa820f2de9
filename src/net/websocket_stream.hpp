// WebSocketStream: one WebSocket connection (RFC 6455), over TCP or TLS.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/config.hpp"
#include "net/tls_context.hpp"

namespace millrace {

/// How long and how large. Beast waits for ever by default, and before Boost 1.89 for the answer to
/// a close frame always.
struct WebSocketLimits {
  std::chrono::milliseconds handshake{10000};  ///< name, TCP, TLS and upgrade together
  /// Nothing was heard for so long, not even the answer to the ping that is sent after half of it:
  /// the peer is gone.
  std::chrono::milliseconds idle{30000};
  /// For the close handshake, and for the peer's end of the connection after its close frame; then
  /// the socket is reset. After a frame that the peer must not send it is half of `idle` at most.
  std::chrono::milliseconds close{3000};
  std::size_t message_bytes = 1U << 20U;  ///< a longer one is answered with 1009
  /// What the kernel keeps of a client that does not read (SO_SNDBUF); 0: as it likes, which over
  /// the loopback is megabytes for each.
  int send_buffer = 0;
};

/// One per connection: it cannot be opened again.
///
/// Messages are joined from their fragments; text is checked (1007), pings are answered while
/// something reads. Compression is not offered.
/// Threads: that of its executor. One `read`, one `write` and one `close` at a time.
/// Errors: values. Lifetime: whoever waits for one of its operations holds it.
class WebSocketStream {
 public:
  using Error = boost::system::error_code;
  template <typename Value>
  using Awaitable = boost::asio::awaitable<Value>;

  virtual ~WebSocketStream() = default;

  /// The next message, into the empty `message`.
  [[nodiscard]] virtual Awaitable<Error> read(std::string& message) = 0;

  /// Sends one message, unfragmented, straight from `bytes`, which stay until it has returned.
  [[nodiscard]] virtual Awaitable<Error> write(std::string_view bytes, bool text) = 0;

  /// Says why and ends the connection, within `WebSocketLimits::close`.
  [[nodiscard]] virtual Awaitable<void> close(std::uint16_t code, std::string_view reason) = 0;

  /// Ends it now, with a reset. What is under way fails.
  virtual void abort() = 0;

  /// Whether the socket would take bytes now.
  [[nodiscard]] virtual bool writable() const = 0;

  /// What an error of `read` or `write` means, in a few words.
  [[nodiscard]] virtual std::string explain(Error error) const = 0;
};

using WebSocketStreamPtr = std::shared_ptr<WebSocketStream>;

/// Where a client connects to, and what it says there.
struct WebSocketTarget {
  bool tls = false;
  std::string host;  ///< name or address, IPv6 without its brackets
  std::uint16_t port = 0;
  std::string path = "/";  ///< with the query
  std::vector<std::pair<std::string, std::string>> headers;
  TlsConfig files;
  std::string where;  ///< "source" or "sink": begins the names of the files' keys
};

/// A connection to a server, not open yet.
class WebSocketClientStream : public WebSocketStream {
 public:
  /// Connects, verifies the server (its chain and its name), upgrades. Empty, or why not.
  [[nodiscard]] virtual Awaitable<std::string> open() = 0;
};

/// Errors: throws `std::runtime_error`, one line, where a file of `target.files` does not load.
[[nodiscard]] std::shared_ptr<WebSocketClientStream> make_websocket_client(
    const boost::asio::any_io_executor& executor, const WebSocketTarget& target,
    const WebSocketLimits& limits);

using WebSocketRequest = boost::beast::http::request<boost::beast::http::empty_body>;

/// A connection from a client, not upgraded yet.
class WebSocketServerStream : public WebSocketStream {
 public:
  /// TLS where there is any, then the client's request. Empty, or why not.
  [[nodiscard]] virtual Awaitable<Error> hear(WebSocketRequest& request) = 0;

  /// Agrees to the upgrade that was asked for, and to `protocol`, which was offered, where it is
  /// not empty.
  [[nodiscard]] virtual Awaitable<Error> accept(const WebSocketRequest& request,
                                                std::string protocol) = 0;

  /// Refuses it with a status; the client is given a moment to read that.
  [[nodiscard]] virtual Awaitable<void> refuse(unsigned status) = 0;
};

using WebSocketServerStreamPtr = std::shared_ptr<WebSocketServerStream>;

/// `tls`: null where there is none.
[[nodiscard]] WebSocketServerStreamPtr make_websocket_server(boost::asio::ip::tcp::socket socket,
                                                             TlsContextPtr tls,
                                                             const WebSocketLimits& limits);

}  // namespace millrace
