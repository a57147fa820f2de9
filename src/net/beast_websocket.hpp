// BeastWebSocket: what both ends of a WebSocketStream share.
#pragma once

#include <poll.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/websocket_stream.hpp"

namespace millrace {

using PlainLayer = boost::asio::ip::tcp::socket;
using TlsLayer = boost::beast::ssl_stream<PlainLayer>;

constexpr auto kErrorOrValue = boost::asio::as_tuple(boost::asio::use_awaitable);

/// What a peer said when it closed, fit for a line of a log.
[[nodiscard]] std::string close_text(const boost::beast::websocket::close_reason& reason);

/// `Interface`: the client's or the server's.
template <typename Layer, typename Interface>
class BeastWebSocket : public Interface,
                       public std::enable_shared_from_this<BeastWebSocket<Layer, Interface>> {
 public:
  using Error = WebSocketStream::Error;
  template <typename Value>
  using Awaitable = WebSocketStream::Awaitable<Value>;

  /// `layer`: what the layer below is made from.
  template <typename... Args>
  explicit BeastWebSocket(const WebSocketLimits& limits, Args&&... layer)
      : limits_(limits), socket_(std::forward<Args>(layer)...), deadline_(socket_.get_executor()) {
    namespace websocket = boost::beast::websocket;
    socket_.set_option(
        websocket::stream_base::timeout{limits.handshake, limits.idle, /*keep_alive_pings=*/true});
    socket_.read_message_max(limits.message_bytes);
    socket_.auto_fragment(false);
    socket_.write_buffer_bytes(kMaskedAtATime);
    socket_.control_callback([this](websocket::frame_type type, boost::beast::string_view) {
      if (type == websocket::frame_type::close) arm(limits_.close);
    });
  }

  Awaitable<Error> read(std::string& message) override {
    auto buffer = boost::asio::dynamic_buffer(message);
    const auto [error, size] = co_await socket_.async_read(buffer, kErrorOrValue);
    co_return error;
  }

  Awaitable<Error> write(std::string_view bytes, bool text) override {
    socket_.text(text);
    const auto [error, size] = co_await socket_.async_write(
        boost::asio::const_buffer(bytes.data(), bytes.size()), kErrorOrValue);
    co_return error;
  }

  Awaitable<void> close(std::uint16_t code, std::string_view reason) override {
    if (std::exchange(closing_, true)) co_return;
    arm(limits_.close);
    boost::beast::websocket::close_reason why(code);
    why.reason.assign(reason.data(), reason.size());
    co_await socket_.async_close(why, kErrorOrValue);
    disarm();
    Error ignored;
    lowest().close(ignored);
  }

  void abort() override {
    Error ignored;
    lowest().set_option(PlainLayer::linger(true, 0), ignored);
    lowest().close(ignored);
  }

  [[nodiscard]] bool writable() const override {
    auto& socket = const_cast<BeastWebSocket*>(this)->lowest();
    pollfd polled{socket.native_handle(), POLLOUT, 0};
    return ::poll(&polled, 1, 0) == 1 && polled.revents == POLLOUT;
  }

  [[nodiscard]] std::string explain(Error error) const override {
    namespace websocket = boost::beast::websocket;
    if (error == websocket::error::closed || socket_.reason()) return close_text(socket_.reason());
    if (overdue_) return "the peer does not answer";
    if (error == boost::beast::error::timeout) {
      return "nothing was heard for " + std::to_string(limits_.idle.count()) + " ms";
    }
    if (error == websocket::error::message_too_big) {
      return "a message is longer than " + std::to_string(limits_.message_bytes) + " bytes";
    }
    if (error == websocket::error::bad_frame_payload) return "a text message is not valid UTF-8";
    if (error == boost::asio::error::eof) return "the peer has closed it without a close frame";
    return error.message();
  }

 protected:
  // A client masks what it sends, in a buffer of this size.
  static constexpr std::size_t kMaskedAtATime = 65536;

  [[nodiscard]] PlainLayer& lowest() { return boost::beast::get_lowest_layer(socket_); }

  /// Ends everything unless `disarm` comes within `time`.
  void arm(std::chrono::milliseconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([weak = this->weak_from_this()](Error cancelled) {
      const auto self = weak.lock();
      // A wait that had ended before it was cancelled is told so too late.
      if (cancelled || !self || self->deadline_.expiry() > std::chrono::steady_clock::now()) return;
      self->overdue_ = true;
      self->abort();
    });
  }
  void disarm() { deadline_.expires_at(std::chrono::steady_clock::time_point::max()); }
  [[nodiscard]] bool overdue() const noexcept { return overdue_; }

  const WebSocketLimits limits_;
  boost::beast::websocket::stream<Layer, /*deflateSupported=*/false> socket_;

 private:
  boost::asio::steady_timer deadline_;
  bool overdue_ = false;
  bool closing_ = false;
};

}  // namespace millrace
