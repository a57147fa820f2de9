#include "observability/tap_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "net/http_upgrade.hpp"
#include "net/websocket_origin.hpp"
#include "observability/tap_message.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr auto kProtocol = "millrace-tap";
constexpr std::uint16_t kGoingAway = 1001;
// For a client to take what is on its way, and to answer the close frame.
constexpr std::chrono::milliseconds kTapFarewell{500};

WebSocketLimits tap_limits() {
  WebSocketLimits limits;
  limits.message_bytes = 4096;  // nothing is expected of a client
  limits.close = kTapFarewell;
  limits.send_buffer = 256 * 1024;
  return limits;
}

std::string protocol_of(const WebSocketRequest& request) {
  http::token_list offered(request[http::field::sec_websocket_protocol]);
  return offered.exists(kProtocol) ? kProtocol : "";
}

}  // namespace

struct TapServer::Client {
  Client(asio::any_io_executor on, WebSocketServerStreamPtr to)
      : executor(std::move(on)), stream(std::move(to)), pace(executor) {}

  asio::any_io_executor executor;
  WebSocketServerStreamPtr stream;
  asio::steady_timer pace;
  TapQueuePtr queue;  // null until it is let in
  bool writing = false;
  bool gone = false;
};

HttpRoute TapServer::route() {
  HttpRoute route;
  if (config_.tap == TapMode::off) {
    route.get = [] { return HttpResponse{403, "text/plain; charset=utf-8", "http.tap is off\n"}; };
  } else {
    route.upgrade = [this](HttpUpgrade request) { upgrade(std::move(request)); };
  }
  return route;
}

void TapServer::upgrade(HttpUpgrade request) {
  const asio::any_io_executor executor = request.socket.get_executor();
  auto stream = make_websocket_server(std::move(request.socket), nullptr, tap_limits());
  auto client = std::make_shared<Client>(executor, std::move(stream));
  // RFC 6455, 4.1: a client waits for the answer before it sends anything else.
  if (closing_ || request.unread.size() > 0) return client->stream->abort();
  asio::co_spawn(executor, admit(std::move(client), std::move(request.request)), asio::detached);
}

unsigned TapServer::refusal(const WebSocketRequest& request) const {
  if (request.version() != 11 || request.count(http::field::host) != 1) return 400;
  if (!std::holds_alternative<TapWish>(parse_tap_target(request.target()))) return 400;
  if (!allowed_origin(request, {})) return 403;
  const bool page = request.count(http::field::origin) > 0;
  if (page && config_.token.empty() && !unforgeable_host(request[http::field::host])) return 403;
  return clients_.size() >= kClients ? 503 : 0;
}

asio::awaitable<void> TapServer::admit(ClientPtr client, WebSocketRequest request) {
  if (const unsigned status = refusal(request); status != 0) {
    co_await client->stream->refuse(status);
    co_return;
  }
  const auto it = clients_.insert(clients_.end(), client);
  if (!co_await client->stream->accept(request, protocol_of(request))) {
    const auto wish = std::get<TapWish>(parse_tap_target(request.target()));
    client->queue = std::make_shared<TapQueue>(wish, kAtATime);
    tap_.join(client->queue);
    asio::co_spawn(client->executor, show(client), asio::detached);
    std::string passed_over;
    while (!co_await client->stream->read(passed_over)) passed_over.clear();
    client->gone = true;
    client->pace.cancel();
    tap_.leave(client->queue);
  }
  clients_.erase(it);
}

asio::awaitable<void> TapServer::show(ClientPtr client) {
  const TapQueue& queue = *client->queue;
  const bool payloads = config_.tap == TapMode::payloads && queue.wish().payloads;
  while (!client->gone && !closing_) {
    client->pace.expires_after(kPace);
    co_await client->pace.async_wait(asio::as_tuple(asio::use_awaitable));
    if (closing_) break;
    const TapMoment now;
    for (const TapSample& sample : client->queue->take()) {
      const std::string message = tap_message(queue.wish().stage, sample, payloads, now);
      if (client->gone) co_return;
      client->writing = true;
      if (co_await client->stream->write(message, true)) co_return client->stream->abort();
      client->writing = false;
    }
  }
  client->pace.cancel();
  if (!client->gone) co_await client->stream->close(kGoingAway, "");
}

void TapServer::close() {
  closing_ = true;
  for (const ClientPtr& client : clients_) {
    if (!client->queue) {
      client->stream->abort();
    } else if (!client->writing) {
      client->pace.cancel();
    } else {  // maybe for long: it may not read
      client->pace.expires_after(kTapFarewell);
      client->pace.async_wait([client](const boost::system::error_code& written) {
        if (!written) client->stream->abort();
      });
    }
  }
}

}  // namespace millrace
