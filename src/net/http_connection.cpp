#include "net/http_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>
#include <utility>

#include "net/http_upgrade.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr std::uint32_t kHeaderBytes = 8192;
constexpr std::size_t kBufferBytes = 16384;
// What a client may still send when its connection is being closed, so that it can read why.
constexpr std::size_t kLateBytes = 65536;
constexpr std::chrono::seconds kLateTime{1};

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);

// The response to bytes that are no request, or nothing where there is nobody to tell.
std::optional<HttpReply> complaint(error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return refusal(http::status::request_header_fields_too_large);
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {};
  const bool nonsense = error.category() == make_error_code(http::error::bad_method).category();
  if (nonsense) return refusal(http::status::bad_request);
  return {};
}

}  // namespace

HttpConnection::HttpConnection(asio::ip::tcp::socket socket, const HttpServerOptions& options,
                               const HttpRoutes& routes)
    : stream_(std::move(socket)), buffer_(kBufferBytes), options_(options), routes_(routes) {}

void HttpConnection::close() {
  stream_.close();
}

asio::awaitable<void> HttpConnection::serve() {
  Next next = Next::request;
  while (next == Next::request) next = co_await one_request();
  if (next == Next::close) co_await close_politely();
}

asio::awaitable<void> HttpConnection::turn_away() {
  idle_since_.reset();
  stream_.expires_after(options_.timeout);
  const Next next = co_await write(refusal(http::status::service_unavailable));
  if (next == Next::close) co_await close_politely();
}

asio::awaitable<HttpConnection::Next> HttpConnection::one_request() {
  stream_.expires_after(options_.timeout);
  HttpParser parser;
  parser.header_limit(kHeaderBytes);
  if (buffer_.size() == 0) {
    idle_since_ = Clock::now();
    const auto [error, bytes] =
        co_await stream_.async_read_some(buffer_.prepare(kHeaderBytes), kResult);
    if (error) co_return Next::gone;
    buffer_.commit(bytes);
    idle_since_.reset();
  }
  const auto [error, bytes] = co_await http::async_read_header(stream_, buffer_, parser, kResult);
  if (error) {
    auto reply = complaint(error);
    if (!reply) co_return Next::gone;
    co_return co_await write(std::move(*reply));
  }
  const HttpRoute* route = route_of(parser.get(), routes_);
  if (route != nullptr && route->upgrade && beast::websocket::is_upgrade(parser.get()) &&
      may_upgrade(parser.get(), options_.token)) {
    stream_.expires_never();
    route->upgrade({stream_.release_socket(), parser.release(), std::move(buffer_)});
    co_return Next::gone;
  }
  co_return co_await write(answer(parser, routes_, options_.token));
}

asio::awaitable<HttpConnection::Next> HttpConnection::write(HttpReply reply) {
  stream_.expires_after(options_.timeout);
  const auto [error, bytes] = co_await http::async_write(stream_, reply, kResult);
  if (error) co_return Next::gone;
  co_return reply.keep_alive() ? Next::request : Next::close;
}

// Closing a socket with unread bytes resets it, and the reset may overtake the response.
asio::awaitable<void> HttpConnection::close_politely() {
  error_code gone;
  if (stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, gone)) co_return;
  stream_.expires_after(std::min<std::chrono::milliseconds>(kLateTime, options_.timeout));
  std::array<char, 4096> late{};
  for (std::size_t read = 0; read < kLateBytes;) {
    const auto [error, bytes] = co_await stream_.async_read_some(asio::buffer(late), kResult);
    if (error) co_return;
    read += bytes;
  }
}

}  // namespace millrace
