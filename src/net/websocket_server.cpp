#include "net/websocket_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "net/http_answer.hpp"
#include "net/websocket_origin.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

// Accept fails for want of descriptors or memory: it would fail again at once.
constexpr std::chrono::milliseconds kAcceptAgain{100};
// Beside those who find room, so many may be asking, or being told why not.
constexpr std::size_t kAsking = 64;

tcp::acceptor open_listener(asio::io_context& io, const ListenAddress& address) {
  try {
    const auto found = tcp::resolver(io).resolve(address.host, std::to_string(address.port),
                                                 tcp::resolver::passive);
    return {io, found.begin()->endpoint()};
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("sink.url: cannot listen at " + to_string(address) + ": " +
                             error.code().message());
  }
}

std::string name_of(const tcp::socket& socket) {
  boost::system::error_code gone;
  const auto peer = socket.remote_endpoint(gone);
  return gone ? "a client" : to_string(ListenAddress{peer.address().to_string(), peer.port()});
}

}  // namespace

unsigned refusal_of(const WebSocketRequest& request, const WebSocketServerOptions& options) {
  if (request.version() != 11 || request.count(http::field::host) != 1) return 400;
  if (!authorized(request, options.token)) return 401;
  const std::string_view target = request.target();
  if (target.substr(0, target.find('?')) != options.path) return 404;
  if (!beast::websocket::is_upgrade(request)) return 426;
  return allowed_origin(request, options.origins) ? 0 : 403;
}

WebSocketServer::WebSocketServer(WebSocketServerOptions options, IoThread& thread, Serve serve)
    : options_(std::move(options)),
      thread_(thread),
      serve_(std::move(serve)),
      acceptor_(open_listener(thread.io(), options_.listen)),
      pause_(thread.io()) {}

void WebSocketServer::start() {
  asio::co_spawn(thread_.io(), accept_all(), asio::detached);
}

void WebSocketServer::stop_accepting() {
  closing_ = true;
  acceptor_.close();
  pause_.cancel();
  for (const auto& stream : asking_) stream->abort();
}

ListenAddress WebSocketServer::address() const {
  return {options_.listen.host, acceptor_.local_endpoint().port()};
}

asio::awaitable<void> WebSocketServer::accept_all() {
  while (!closing_) {
    auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (closing_) co_return;
    if (error) {
      pause_.expires_after(kAcceptAgain);
      co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
    } else if (inside_ + asking_.size() < options_.clients + kAsking) {
      asio::co_spawn(thread_.io(), admit(std::move(socket)), asio::detached);
    }
  }
}

asio::awaitable<void> WebSocketServer::admit(tcp::socket socket) {
  const std::string name = name_of(socket);
  const auto stream = make_websocket_server(std::move(socket), options_.tls, options_.limits);
  const auto it = asking_.insert(asking_.end(), stream);
  WebSocketRequest request;
  bool inside = false;
  if (!co_await stream->hear(request)) {
    unsigned status = refusal_of(request, options_);
    if (status == 0 && inside_ >= options_.clients) status = 503;
    if (status != 0) {
      co_await stream->refuse(status);
    } else {
      ++inside_;
      inside = !co_await stream->accept(request, {});
      if (!inside) --inside_;
    }
  }
  asking_.erase(it);
  if (!inside) co_return;
  if (!closing_) co_await serve_(stream, name);
  --inside_;
}

}  // namespace millrace
