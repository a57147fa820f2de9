#include "net/tcp_listener.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "net/http_address.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAcceptResult = asio::as_tuple(asio::use_awaitable);

// Accept fails for want of descriptors or memory: it would fail again at once.
constexpr std::chrono::milliseconds kAcceptRetry{100};

}  // namespace

TcpListener::TcpListener(asio::io_context& io, ListenAddress address,
                         const ReconnectConfig& backoff, Events events)
    : address_(std::move(address)),
      events_(std::move(events)),
      acceptor_(io),
      timer_(io),
      policy_(backoff, ConnectionTiming{}) {}

asio::awaitable<void> TcpListener::run() {
  while (!closing_) {
    const std::string problem = open();
    if (problem.empty()) {
      co_await accept_all();
      co_return;
    }
    const auto delay = policy_.failed();
    events_.failed("cannot listen at " + to_string(address_) + ": " + problem + "; next try in " +
                   std::to_string(delay.count()) + " ms");
    co_await pause(delay);
  }
}

// Empty, or why not.
std::string TcpListener::open() {
  try {
    const auto found = tcp::resolver(acceptor_.get_executor())
                           .resolve(address_.host, std::to_string(address_.port),
                                    tcp::resolver::passive | tcp::resolver::numeric_service);
    acceptor_ = tcp::acceptor(acceptor_.get_executor(), found.begin()->endpoint());
  } catch (const boost::system::system_error& error) {
    return error.code().message();
  }
  const auto at = acceptor_.local_endpoint();
  events_.listening({at.address().to_string(), at.port()});
  return {};
}

asio::awaitable<void> TcpListener::accept_all() {
  while (!closing_) {
    auto [error, socket] = co_await acceptor_.async_accept(kAcceptResult);
    if (closing_) co_return;
    const std::string problem = error ? error.message() : admit(std::move(socket));
    if (problem.empty()) continue;
    events_.stalled("cannot accept a connection: " + problem);
    co_await pause(kAcceptRetry);
  }
}

// Empty, or why not.
std::string TcpListener::admit(tcp::socket socket) {
  try {
    events_.accepted(std::move(socket));
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

asio::awaitable<void> TcpListener::pause(std::chrono::milliseconds time) {
  timer_.expires_after(time);
  co_await timer_.async_wait(kAcceptResult);
}

void TcpListener::close() {
  closing_ = true;
  boost::system::error_code error;
  [[maybe_unused]] const auto closed_already = acceptor_.close(error);
  timer_.cancel();
}

}  // namespace millrace
