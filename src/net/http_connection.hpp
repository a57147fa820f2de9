// HttpConnection: one client of the HTTP server, from accept to close.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <optional>

#include "net/http_answer.hpp"

namespace millrace {

/// Reads requests and writes responses, one after another, also pipelined ones.
///
/// Threads: the server's. Errors: none leave; a connection with an error is closed.
class HttpConnection {
 public:
  using Clock = std::chrono::steady_clock;

  HttpConnection(boost::asio::ip::tcp::socket socket, const HttpServerOptions& options,
                 const HttpRoutes& routes);

  /// Until the client or an error ends it.
  [[nodiscard]] boost::asio::awaitable<void> serve();

  /// Says that there are too many, and closes.
  [[nodiscard]] boost::asio::awaitable<void> turn_away();

  /// Ends what is under way; `serve` returns soon.
  void close();

  /// Since when it waits for a request of which nothing is here yet; nothing while it does not.
  [[nodiscard]] std::optional<Clock::time_point> idle_since() const noexcept { return idle_since_; }

 private:
  enum class Next { request, close, gone };

  [[nodiscard]] boost::asio::awaitable<Next> one_request();
  [[nodiscard]] boost::asio::awaitable<Next> write(HttpReply reply);
  [[nodiscard]] boost::asio::awaitable<void> close_politely();

  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  const HttpServerOptions& options_;
  const HttpRoutes& routes_;
  std::optional<Clock::time_point> idle_since_ = Clock::now();
};

}  // namespace millrace
