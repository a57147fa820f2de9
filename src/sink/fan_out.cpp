#include "sink/fan_out.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "net/websocket_client.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// A socket that takes bytes is written to at once, so this long it is never the oldest one's.
constexpr std::chrono::seconds kLongestFault{1};

}  // namespace

struct FanOut::Client {
  WebSocketStreamPtr stream;
  std::string name;
  FanOutQueue::Position next = 0;  // what it is sent next
  bool sending = false;
  bool leaving = false;
  std::optional<Clock::time_point> in_the_way_since;
};

FanOut::FanOut(asio::io_context& io, FanOutQueue queue, Events events)
    : io_(io), queue_(std::move(queue)), events_(std::move(events)), deadline_(io) {}

bool FanOut::offer(const WsMessage& message) {
  if (!make_room(message.bytes.size())) return false;
  if (clients_.empty()) return true;
  queue_.push(message);
  for (const ClientPtr& client : clients_) {
    if (!client->sending) start_sending(client);
  }
  return true;
}

bool FanOut::make_room(std::size_t size) {
  while (queue_.full_for(size)) {
    FanOutQueue::Position needed = queue_.end();
    for (const ClientPtr& client : clients_) needed = std::min(needed, client->next);
    if (needed > queue_.first()) {
      queue_.drop_before(needed);
      continue;
    }
    std::vector<ClientPtr> slow;
    for (const ClientPtr& client : clients_) {
      if (client->next > needed) continue;
      if (!is_our_fault(*client)) slow.push_back(client);
    }
    if (slow.empty()) return false;
    for (const ClientPtr& client : slow) disconnect(client);
  }
  return true;
}

// Who is the last although its socket takes bytes waits for us, not we for it.
bool FanOut::is_our_fault(Client& client) const {
  if (!client.stream->writable()) return false;
  const auto now = Clock::now();
  if (!client.in_the_way_since) client.in_the_way_since = now;
  return now - *client.in_the_way_since < kLongestFault;
}

void FanOut::disconnect(const ClientPtr& client) {
  events_.warned("client " + client->name + " is " + std::to_string(queue_.end() - client->next) +
                 " results behind and is disconnected with 1013; " + std::to_string(++too_slow_) +
                 " since the start");
  leave(client);
  asio::co_spawn(io_, say_goodbye(client, static_cast<std::uint16_t>(CloseCode::try_again_later)),
                 asio::detached);
}

void FanOut::start_sending(const ClientPtr& client) {
  client->sending = true;
  ++sending_;
  asio::co_spawn(io_, send(client), asio::detached);
}

asio::awaitable<void> FanOut::send(ClientPtr client) {
  while (!client->leaving) {
    const WsMessage* next = queue_.at(client->next);
    if (next == nullptr) break;
    const WsMessage message = *next;
    ++client->next;
    client->in_the_way_since.reset();
    if (co_await client->stream->write(message.bytes.view(), message.text)) {
      leave(client);  // at once: it has no position in the queue any more
      break;
    }
  }
  client->sending = false;
  if (--sending_ == 0) queue_.drop_before(queue_.end());
  if (finishing_ && !client->leaving) {
    leave(client);
    co_await say_goodbye(client, static_cast<std::uint16_t>(CloseCode::going_away));
  }
}

asio::awaitable<void> FanOut::serve(WebSocketStreamPtr stream, std::string name) {
  auto client = std::make_shared<Client>();
  client->stream = std::move(stream);
  client->name = std::move(name);
  client->next = queue_.end();
  clients_.push_back(client);
  events_.changed(clients_.size());
  events_.joined();
  std::string passed_over;
  ++present_;
  while (!co_await client->stream->read(passed_over)) passed_over.clear();
  leave(client);
  if (--present_ == 0 && finishing_) deadline_.cancel();
}

asio::awaitable<void> FanOut::say_goodbye(ClientPtr client, std::uint16_t code) {
  co_await client->stream->close(code, "");
}

void FanOut::leave(const ClientPtr& client) {
  client->leaving = true;
  if (clients_.remove(client) > 0) events_.changed(clients_.size());
}

void FanOut::finish(std::chrono::milliseconds time) {
  finishing_ = true;
  if (present_ == 0) return;
  const std::vector<ClientPtr> all(clients_.begin(), clients_.end());
  for (const ClientPtr& client : all) {
    if (!client->sending) start_sending(client);
  }
  deadline_.expires_after(time);
  deadline_.async_wait([clients = all](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    for (const ClientPtr& client : clients) client->stream->abort();
  });
}

}  // namespace millrace
