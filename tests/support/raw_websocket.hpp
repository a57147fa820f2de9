// RawWebSocket: a WebSocket peer that sends and hears single frames, the wrong ones too.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/wait.hpp"

namespace millrace::test {

/// RFC 6455, 5.2.
struct WsFrame {
  bool fin = true;
  int opcode = 0;
  bool masked = false;
  std::string payload;
};

constexpr int kWsContinue = 0;
constexpr int kWsText = 1;
constexpr int kWsBinary = 2;
constexpr int kWsClose = 8;
constexpr int kWsPing = 9;
constexpr int kWsPong = 10;

/// One end of a connection, made of this file's own code. Every wait has an end.
class RawWebSocket {
 public:
  RawWebSocket(int fd, bool client) : fd_(fd), client_(client) {}
  ~RawWebSocket();
  RawWebSocket(const RawWebSocket&) = delete;
  RawWebSocket& operator=(const RawWebSocket&) = delete;

  /// False where the other side has gone.
  bool send(int opcode, std::string_view payload, bool fin = true);
  bool text(std::string_view payload) { return send(kWsText, payload); }
  bool close(std::uint16_t code);
  bool send_bytes(std::string_view bytes);
  /// False where the kernel does not take all of it within `patience`.
  bool send_some(std::string_view bytes, std::chrono::milliseconds patience);

  /// The next frame; nothing at the end, or after `patience`.
  std::optional<WsFrame> next(std::chrono::milliseconds patience = kPatience);
  /// The next one that is no ping and no pong; pings are answered where `answer` is on.
  std::optional<WsFrame> next_data(std::chrono::milliseconds patience = kPatience,
                                   bool answer = true);
  /// Of a close frame: its code, or 0.
  static unsigned code_of(const std::optional<WsFrame>& frame);

  /// Reads, and throws away, until the other side closes or resets; whether it does.
  bool wait_for_end(std::chrono::milliseconds patience = kPatience);

  /// What the other side said before there were frames.
  [[nodiscard]] const std::string& hello() const { return hello_; }
  void read_hello();

 private:
  bool read_more(std::chrono::steady_clock::time_point deadline);

  int fd_;
  bool client_;
  std::string buffer_;
  std::string hello_;
};

using RawWebSocketPtr = std::unique_ptr<RawWebSocket>;

/// A WebSocket server for one connection after another, at a free port of `host`.
class WebSocketFeed {
 public:
  explicit WebSocketFeed(const std::string& host = "127.0.0.1");
  ~WebSocketFeed();
  WebSocketFeed(const WebSocketFeed&) = delete;
  WebSocketFeed& operator=(const WebSocketFeed&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "ws://" + host_ + ":" + std::to_string(port_); }

  /// The next client, upgraded; null where none comes within `patience`.
  RawWebSocketPtr accept(std::chrono::milliseconds patience = kPatience);
  /// The same, its request read and not answered.
  RawWebSocketPtr accept_silently(std::chrono::milliseconds patience = kPatience);

 private:
  const std::string host_;
  int fd_;
  std::uint16_t port_ = 0;
};

/// A TCP connection to a server on 127.0.0.1, that may have said nothing yet; null where refused.
/// `receive_buffer`: bytes that the kernel takes for it (SO_RCVBUF), 0: as usual.
RawWebSocketPtr dial(std::uint16_t port, int receive_buffer = 0);

/// The same with an upgrade that was asked for, and answered whatever way; `headers`: more lines,
/// each with its CRLF.
RawWebSocketPtr connect_websocket(std::uint16_t port, const std::string& path = "/",
                                  const std::string& headers = {}, int receive_buffer = 0);

/// What a server answers to a key (RFC 6455, 4.2.2).
std::string websocket_accept(const std::string& key);

}  // namespace millrace::test
