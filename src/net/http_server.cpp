#include "net/http_server.hpp"

#include <pthread.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <list>
#include <stdexcept>
#include <thread>
#include <utility>

#include "net/http_connection.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Accept fails for want of descriptors or memory: it would fail again at once.
constexpr std::chrono::milliseconds kAcceptPause{100};
// Over the limit, so many at a time are told why.
constexpr std::size_t kTurnedAway = 16;

tcp::acceptor listen_at(asio::io_context& io, const ListenAddress& address) {
  try {
    const auto found = tcp::resolver(io).resolve(address.host, std::to_string(address.port),
                                                 tcp::resolver::passive);
    return {io, found.begin()->endpoint()};
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("http.listen: cannot listen at " + to_string(address) + ": " +
                             error.code().message());
  }
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, HttpRoutes routes)
      : options_(std::move(options)),
        routes_(std::move(routes)),
        acceptor_(listen_at(io_, options_.listen)),
        pause_(io_) {
    asio::co_spawn(io_, accept_all(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
    pthread_setname_np(thread_.native_handle(), "http");
  }

  // NOLINTNEXTLINE(bugprone-exception-escape): a process that has no memory left to end, ends here.
  ~Impl() {
    asio::post(io_, [this] { close_all(); });
    thread_.join();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] ListenAddress address() const {
    return {options_.listen.host, acceptor_.local_endpoint().port()};
  }

 private:
  using Connections = std::list<HttpConnection>;

  asio::awaitable<void> accept_all() {
    while (!closing_) {
      auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
      if (closing_) co_return;
      if (!error) {
        admit(std::move(socket));
        continue;
      }
      pause_.expires_after(kAcceptPause);
      co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  void admit(tcp::socket socket) {
    const bool full = connections_.size() >= options_.connections && !close_longest_idle();
    if (connections_.size() >= options_.connections + kTurnedAway) return;
    const auto it = connections_.emplace(connections_.end(), std::move(socket), options_, routes_);
    asio::co_spawn(io_, full ? it->turn_away() : it->serve(),
                   [this, it](const std::exception_ptr&) { connections_.erase(it); });
  }

  bool close_longest_idle() {
    HttpConnection* longest = nullptr;
    for (HttpConnection& each : connections_) {
      if (!each.idle_since()) continue;
      if (longest == nullptr || each.idle_since() < longest->idle_since()) longest = &each;
    }
    if (longest != nullptr) longest->close();
    return longest != nullptr;
  }

  void close_all() {
    closing_ = true;
    acceptor_.close();
    pause_.cancel();
    for (HttpConnection& each : connections_) each.close();
    if (options_.closing) options_.closing();
  }

  const HttpServerOptions options_;
  const HttpRoutes routes_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  Connections connections_;
  bool closing_ = false;
  std::thread thread_;
};

HttpServer::HttpServer(HttpServerOptions options, HttpRoutes routes)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(routes))) {}

HttpServer::~HttpServer() = default;

ListenAddress HttpServer::address() const {
  return impl_->address();
}

}  // namespace millrace
