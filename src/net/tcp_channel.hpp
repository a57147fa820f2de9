// TcpChannel: the bytes of one accepted connection, plain or through TLS.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace millrace {

/// The server's end of a connection, read without waiting, so that whoever reads chooses the memory
/// at the moment when the bytes are there: an idle connection holds none.
///
/// Threads: one at a time, that of the socket's executor.
/// Errors: values. Lifetime: the TLS context outlives the constructor; what it waits for ends
/// before it does.
class TcpChannel {
 public:
  /// What a step came to; `wants_…` is to be waited for before the next one.
  enum class State { done, wants_read, wants_write, ended, failed };

  struct Step {
    State state = State::done;
    std::size_t bytes = 0;  ///< that were read
    std::string why;        ///< of `failed`
  };

  /// `tls`: null for plain TCP.
  TcpChannel(boost::asio::ip::tcp::socket socket, SSL_CTX* tls);
  TcpChannel(const TcpChannel&) = delete;
  TcpChannel& operator=(const TcpChannel&) = delete;

  /// One step of the TLS handshake; without TLS it is done.
  [[nodiscard]] Step handshake();

  /// Reads at most `room` bytes that are there already.
  [[nodiscard]] Step read(char* into, std::size_t room);

  /// Until a step that answered `wanted` may go on, or `interrupt`.
  [[nodiscard]] boost::asio::awaitable<void> wait(State wanted);

  /// Ends every wait now.
  void interrupt();

  /// Says goodbye (close_notify, FIN), then reads what the other side still sends, for a short
  /// time, and throws it away: a socket closed with unread bytes resets the connection (RFC 2525,
  /// 2.17), and the reset may overtake the goodbye.
  [[nodiscard]] boost::asio::awaitable<void> close();

 private:
  struct FreeSession {
    void operator()(SSL* session) const noexcept { SSL_free(session); }
  };

  Step read_plain(char* into, std::size_t room);
  Step after_tls(int result);
  [[nodiscard]] boost::asio::awaitable<void> discard();

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<SSL, FreeSession> tls_;
};

}  // namespace millrace
