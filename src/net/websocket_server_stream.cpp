#include <algorithm>
#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/write.hpp>
#include <type_traits>

#include "net/beast_websocket.hpp"
#include "net/http_answer.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

constexpr std::uint32_t kRequestBytes = 8192;
// What a client may still send while it is being refused, so that it can read why.
constexpr std::size_t kReadAfterRefusal = 65536;
constexpr std::chrono::milliseconds kTimeAfterRefusal{1000};

template <typename Layer>
class ServerStream final : public BeastWebSocket<Layer, WebSocketServerStream> {
 public:
  using Base = BeastWebSocket<Layer, WebSocketServerStream>;
  using typename Base::Error;
  template <typename Value>
  using Awaitable = typename Base::template Awaitable<Value>;
  static constexpr bool kTls = std::is_same_v<Layer, TlsLayer>;

  template <typename... Args>
  ServerStream(const WebSocketLimits& limits, TlsContextPtr tls, Args&&... layer)
      : Base(limits, std::forward<Args>(layer)...), tls_(std::move(tls)) {
    Error ignored;
    this->lowest().set_option(asio::ip::tcp::no_delay(true), ignored);
    if (limits.send_buffer > 0) {
      const PlainLayer::send_buffer_size size(limits.send_buffer);
      this->lowest().set_option(size, ignored);
    }
  }

  Awaitable<Error> hear(WebSocketRequest& request) override {
    this->arm(this->limits_.handshake);
    if constexpr (kTls) {
      const auto [error] = co_await this->socket_.next_layer().async_handshake(
          asio::ssl::stream_base::server, kErrorOrValue);
      if (error) co_return error;
    }
    beast::flat_buffer buffer(std::size_t{2} * kRequestBytes);
    HttpParser parser;
    parser.header_limit(kRequestBytes);
    const auto [error, bytes] =
        co_await http::async_read_header(this->socket_.next_layer(), buffer, parser, kErrorOrValue);
    if (error) co_return error;
    // RFC 6455, 4.1: a client waits for the answer before it sends anything else.
    if (buffer.size() > 0) co_return make_error_code(http::error::unexpected_body);
    request = parser.release();
    this->disarm();
    co_return Error{};
  }

  Awaitable<Error> accept(const WebSocketRequest& request, std::string protocol) override {
    this->socket_.set_option(websocket::stream_base::decorator(
        [protocol = std::move(protocol)](websocket::response_type& response) {
          response.set(http::field::server, "millrace");
          if (!protocol.empty()) response.set(http::field::sec_websocket_protocol, protocol);
        }));
    const auto [error] = co_await this->socket_.async_accept(request, kErrorOrValue);
    co_return error;
  }

  // Closing a socket with unread bytes resets it, and the reset may overtake the response.
  Awaitable<void> refuse(unsigned status) override {
    this->arm(std::min(kTimeAfterRefusal, this->limits_.handshake));
    HttpReply reply = refusal(http::int_to_status(status));
    if (reply.result() == http::status::unauthorized) {
      reply.set(http::field::www_authenticate, "Bearer");
    }
    if (reply.result() == http::status::upgrade_required) {
      reply.set(http::field::upgrade, "websocket");
    }
    auto& layer = this->socket_.next_layer();
    const auto [unsent, sent] = co_await http::async_write(layer, reply, kErrorOrValue);
    Error gone;
    if (!unsent) this->lowest().shutdown(asio::ip::tcp::socket::shutdown_send, gone);
    std::array<char, 4096> late{};
    for (std::size_t read = 0; !unsent && !gone && read < kReadAfterRefusal;) {
      const auto [error, bytes] =
          co_await this->lowest().async_read_some(asio::buffer(late), kErrorOrValue);
      if (error) break;
      read += bytes;
    }
    this->disarm();
    this->lowest().close(gone);
  }

 private:
  const TlsContextPtr tls_;
};

}  // namespace

std::shared_ptr<WebSocketServerStream> make_websocket_server(asio::ip::tcp::socket socket,
                                                             TlsContextPtr tls,
                                                             const WebSocketLimits& limits) {
  if (!tls) {
    return std::make_shared<ServerStream<PlainLayer>>(limits, nullptr, std::move(socket));
  }
  auto& context = *tls;
  return std::make_shared<ServerStream<TlsLayer>>(limits, std::move(tls), std::move(socket),
                                                  context);
}

}  // namespace millrace
