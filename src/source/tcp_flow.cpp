#include "source/tcp_flow.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace millrace {

namespace asio = boost::asio;

TcpFlow::TcpFlow(asio::io_context& io, Intake& intake, std::size_t block)
    : intake_(intake), block_(block), changed_(io, asio::steady_timer::time_point::max()) {}

void TcpFlow::resume() {
  paused_ = false;
  full_ = false;
  wake();
}

asio::awaitable<void> TcpFlow::changed() {
  co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
}

void TcpFlow::wake() {
  changed_.cancel();
}

char* TcpFlow::room() {
  buffer_.resize(block_);
  return buffer_.data();
}

Payload TcpFlow::take(std::size_t bytes) {
  // A small piece must not keep a whole block alive while it waits in the journal.
  if (bytes < block_ / 2) return Payload(buffer_.substr(0, bytes));
  buffer_.resize(bytes);
  return Payload(std::exchange(buffer_, {}));
}

TcpFlow::Answer TcpFlow::hand_in(Chunk chunk) {
  return answer(intake_.chunk(std::move(chunk)));
}

void TcpFlow::cut(const std::string& stream) {
  (void)answer(intake_.cut(Cut{stream, CutCause::closed, 0}));
}

TcpFlow::Answer TcpFlow::answer(std::error_code error) {
  if (!error) return Answer::stored;
  const bool no_room = error == std::errc::no_buffer_space;
  (no_room ? full_ : failed_) = true;
  return no_room ? Answer::no_room : Answer::failed;
}

void TcpFlow::passed(Duration time) noexcept {
  if (open()) clock_ += time;
}

}  // namespace millrace
