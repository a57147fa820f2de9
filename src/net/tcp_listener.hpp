// TcpListener: accepts connections at an address, and keeps trying to.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "config/url.hpp"
#include "net/reconnect_policy.hpp"

namespace millrace {

/// An address that cannot be listened at is tried again with back-off: it may be taken by a process
/// that is about to end, or belong to an interface that is about to come.
///
/// Threads: that of `io`; the events are called there.
/// Lifetime: outlives `run`, which ends soon after `close`.
class TcpListener {
 public:
  struct Events {
    /// Listening, at the address as the kernel has it.
    std::function<void(const ListenAddress& at)> listening;
    /// Not listening; it is tried again.
    std::function<void(const std::string& problem)> failed;
    /// A connection.
    std::function<void(boost::asio::ip::tcp::socket)> accepted;
    /// A connection could not be accepted; the next one is tried after a short pause.
    std::function<void(const std::string& problem)> stalled;
  };

  TcpListener(boost::asio::io_context& io, ListenAddress address, const ReconnectConfig& backoff,
              Events events);

  [[nodiscard]] boost::asio::awaitable<void> run();
  void close();

 private:
  [[nodiscard]] boost::asio::awaitable<void> accept_all();
  [[nodiscard]] boost::asio::awaitable<void> pause(std::chrono::milliseconds time);
  [[nodiscard]] std::string open();
  [[nodiscard]] std::string admit(boost::asio::ip::tcp::socket socket);

  const ListenAddress address_;
  const Events events_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  ReconnectPolicy policy_;
  bool closing_ = false;
};

}  // namespace millrace
