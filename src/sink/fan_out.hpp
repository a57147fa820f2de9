// FanOut: sends every message to every client.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "net/websocket_stream.hpp"
#include "sink/fan_out_queue.hpp"

namespace millrace {

/// The clients of a `ws-listen://` sink, and what they are owed.
///
/// Threads: that of `io`. Lifetime: `io` has nothing left to run before it is destroyed.
class FanOut {
 public:
  struct Events {
    std::function<void()> joined;                         ///< there is one client more
    std::function<void(std::size_t count)> changed;       ///< so many there are now
    std::function<void(const std::string& text)> warned;  ///< what an operator should read
  };

  FanOut(boost::asio::io_context& io, FanOutQueue queue, Events events);

  [[nodiscard]] bool empty() const noexcept { return clients_.empty(); }

  /// True when `message` is queued for every client there is. False: not yet, because it is us who
  /// are behind; try again soon. Ends the connections of clients that are too slow.
  [[nodiscard]] bool offer(const WsMessage& message);

  /// From now on this is a client; returns when it has gone.
  boost::asio::awaitable<void> serve(WebSocketStreamPtr stream, std::string name);

  /// Every client gets what it is owed, then 1001. Within `time` all have gone.
  void finish(std::chrono::milliseconds time);

 private:
  struct Client;
  using ClientPtr = std::shared_ptr<Client>;

  bool make_room(std::size_t size);
  bool is_our_fault(Client& client) const;
  void disconnect(const ClientPtr& client);
  void start_sending(const ClientPtr& client);
  boost::asio::awaitable<void> send(ClientPtr client);
  boost::asio::awaitable<void> say_goodbye(ClientPtr client, std::uint16_t code);
  void leave(const ClientPtr& client);

  boost::asio::io_context& io_;
  FanOutQueue queue_;
  const Events events_;
  std::list<ClientPtr> clients_;
  boost::asio::steady_timer deadline_;
  std::size_t present_ = 0;  // clients, and those that are being disconnected
  std::size_t sending_ = 0;  // of them, those that are not up to date
  std::uint64_t too_slow_ = 0;
  bool finishing_ = false;
};

}  // namespace millrace
