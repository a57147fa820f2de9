// TcpSession: one connection of a TCP source, from accept to close.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "net/tcp_channel.hpp"
#include "source/tcp_flow.hpp"

namespace millrace {

/// Why a connection ended.
enum class TcpEnd { by_client, lost, no_handshake, unframeable, idle, stopped };

/// The same with what there is to say about it.
struct TcpEnding {
  TcpEnd why = TcpEnd::by_client;
  std::string text;
};

/// Reads a connection as the stream `stream`, and cuts the stream at the connection's end.
///
/// Threads: that of the flow.
/// Lifetime: outlives what `serve` returned. The flow outlives it, the TLS context its
/// constructor.
class TcpSession {
 public:
  using Clock = std::chrono::steady_clock;

  TcpSession(std::string stream, boost::asio::ip::tcp::socket socket, SSL_CTX* tls, TcpFlow& flow);

  /// Until the connection is closed. How it ended.
  [[nodiscard]] boost::asio::awaitable<TcpEnding> serve();

  /// Ends it from our side, as soon as may be; the first reason counts.
  void end(TcpEnding ending);

  /// Hands in what there was no room for, if there is now, and the cut; once.
  void cut();

  [[nodiscard]] const std::string& stream() const noexcept { return stream_; }

  /// On the flow's clock: how long nothing has come.
  [[nodiscard]] Duration idle_for() const noexcept { return flow_.clock() - heard_; }

  /// How long its handshake has taken; nothing when it is through.
  [[nodiscard]] std::optional<Clock::duration> handshake_for() const;

 private:
  [[nodiscard]] boost::asio::awaitable<void> shake_hands();
  [[nodiscard]] boost::asio::awaitable<void> read_on();
  [[nodiscard]] boost::asio::awaitable<void> read_once();
  void store(Payload bytes, std::chrono::system_clock::time_point received);
  [[nodiscard]] Chunk chunk_of(Payload bytes, std::chrono::system_clock::time_point received) const;

  const std::string stream_;
  TcpChannel channel_;
  TcpFlow& flow_;
  const Clock::time_point opened_ = Clock::now();
  bool shaken_ = false;
  Duration heard_;
  Payload held_;  // read, but there was no room for it
  std::chrono::system_clock::time_point held_since_;
  bool begun_ = false;  // the journal knows of the stream
  std::optional<TcpEnding> ending_;
};

}  // namespace millrace
