#include "net/tcp_channel.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <limits>
#include <new>
#include <system_error>
#include <utility>

namespace millrace {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kWaitResult = asio::as_tuple(asio::use_awaitable);

constexpr std::chrono::milliseconds kGoodbye{200};

// A peer that is gone without a word (no power, no network) is noticed after two minutes, whatever
// the idle timeout.
constexpr int kProbeAfterSeconds = 60;
constexpr int kProbeEverySeconds = 15;
constexpr int kProbes = 4;

void watch_peer(int fd) {
  const auto set = [fd](int level, int option, int value) {
    (void)::setsockopt(fd, level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kProbeAfterSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kProbeEverySeconds);
  set(IPPROTO_TCP, TCP_KEEPCNT, kProbes);
}

std::string tls_error() {
  const char* reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return std::string("TLS: ") + (reason != nullptr ? reason : "protocol error");
}

}  // namespace

TcpChannel::TcpChannel(tcp::socket socket, SSL_CTX* tls) : socket_(std::move(socket)) {
  socket_.non_blocking(true);
  watch_peer(socket_.native_handle());
  if (tls == nullptr) return;
  tls_.reset(SSL_new(tls));
  if (!tls_ || SSL_set_fd(tls_.get(), socket_.native_handle()) != 1) throw std::bad_alloc();
  SSL_set_accept_state(tls_.get());
}

TcpChannel::Step TcpChannel::handshake() {
  if (!tls_) return {};
  ERR_clear_error();
  return after_tls(SSL_do_handshake(tls_.get()));
}

TcpChannel::Step TcpChannel::read(char* into, std::size_t room) {
  if (!tls_) return read_plain(into, room);
  ERR_clear_error();
  std::size_t bytes = 0;
  Step step = after_tls(SSL_read_ex(tls_.get(), into, room, &bytes));
  step.bytes = bytes;
  return step;
}

TcpChannel::Step TcpChannel::read_plain(char* into, std::size_t room) {
  error_code error;
  const std::size_t bytes = socket_.read_some(asio::buffer(into, room), error);
  if (!error) return {State::done, bytes, {}};
  if (error == asio::error::eof) return {State::ended, 0, {}};
  const bool later = error == asio::error::would_block || error == asio::error::interrupted;
  if (later) return {State::wants_read, 0, {}};
  return {State::failed, 0, error.message()};
}

TcpChannel::Step TcpChannel::after_tls(int result) {
  const int error_number = errno;
  if (result == 1) return {};
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {State::wants_read, 0, {}};
    case SSL_ERROR_WANT_WRITE:
      return {State::wants_write, 0, {}};
    case SSL_ERROR_ZERO_RETURN:
      return {State::ended, 0, {}};
    case SSL_ERROR_SYSCALL:
      return {State::failed, 0, std::generic_category().message(error_number)};
    default:
      return {State::failed, 0, tls_error()};
  }
}

asio::awaitable<void> TcpChannel::wait(State wanted) {
  const auto what = wanted == State::wants_write ? tcp::socket::wait_write : tcp::socket::wait_read;
  co_await socket_.async_wait(what, kWaitResult);
}

void TcpChannel::interrupt() {
  error_code error;
  [[maybe_unused]] const auto ended_already = socket_.cancel(error);
}

asio::awaitable<void> TcpChannel::close() {
  using asio::experimental::awaitable_operators::operator||;
  // Before a handshake is through, or after an error, there is nobody to say it to.
  if (tls_ && SSL_is_init_finished(tls_.get()) == 1) {
    ERR_clear_error();
    (void)SSL_shutdown(tls_.get());
  }
  error_code gone;
  if (socket_.shutdown(tcp::socket::shutdown_send, gone)) co_return;
  asio::steady_timer time(socket_.get_executor(), kGoodbye);
  co_await (discard() || time.async_wait(asio::use_awaitable));
}

// Below TLS: nobody looks at it.
asio::awaitable<void> TcpChannel::discard() {
  std::array<char, 16384> late{};
  for (;;) {
    const Step step = read_plain(late.data(), late.size());
    if (step.state == State::ended || step.state == State::failed) co_return;
    co_await socket_.async_wait(tcp::socket::wait_read, asio::use_awaitable);
  }
}

}  // namespace millrace
