#include "source/tcp_session.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace millrace {

namespace asio = boost::asio;

TcpSession::TcpSession(std::string stream, asio::ip::tcp::socket socket, SSL_CTX* tls,
                       TcpFlow& flow)
    : stream_(std::move(stream)),
      channel_(std::move(socket), tls),
      flow_(flow),
      heard_(flow.clock()) {}

asio::awaitable<TcpEnding> TcpSession::serve() {
  co_await shake_hands();
  co_await read_on();
  cut();
  co_await channel_.close();
  co_return ending_.value_or(TcpEnding{});
}

void TcpSession::end(TcpEnding ending) {
  if (!ending_) ending_ = std::move(ending);
  channel_.interrupt();
  flow_.wake();
}

void TcpSession::cut() {
  if (!held_.empty()) store(std::exchange(held_, {}), held_since_);
  if (std::exchange(begun_, false)) flow_.cut(stream_);
}

std::optional<TcpSession::Clock::duration> TcpSession::handshake_for() const {
  if (shaken_) return std::nullopt;
  return Clock::now() - opened_;
}

asio::awaitable<void> TcpSession::shake_hands() {
  while (!ending_) {
    const auto step = channel_.handshake();
    if (step.state == TcpChannel::State::done) {
      heard_ = flow_.clock();
      shaken_ = true;
      co_return;
    }
    if (step.state == TcpChannel::State::failed || step.state == TcpChannel::State::ended) {
      ending_ = {TcpEnd::no_handshake, "no TLS handshake: " + step.why};
      co_return;
    }
    co_await channel_.wait(step.state);
  }
}

asio::awaitable<void> TcpSession::read_on() {
  while (!ending_) {
    if (!flow_.open()) {
      co_await flow_.changed();
    } else if (!held_.empty()) {
      store(std::exchange(held_, {}), held_since_);
    } else {
      co_await read_once();
    }
  }
}

asio::awaitable<void> TcpSession::read_once() {
  const auto step = channel_.read(flow_.room(), flow_.room_size());
  switch (step.state) {
    case TcpChannel::State::done:
      heard_ = flow_.clock();
      store(flow_.take(step.bytes), std::chrono::system_clock::now());
      // The others' turn, however much there is to read here.
      co_await asio::post(asio::use_awaitable);
      break;
    case TcpChannel::State::wants_read:
    case TcpChannel::State::wants_write:
      co_await channel_.wait(step.state);
      break;
    case TcpChannel::State::ended:
      ending_ = {TcpEnd::by_client, "closed by its client"};
      break;
    case TcpChannel::State::failed:
      ending_ = {TcpEnd::lost, "lost: " + step.why};
      break;
  }
}

void TcpSession::store(Payload bytes, std::chrono::system_clock::time_point received) {
  switch (flow_.hand_in(chunk_of(bytes, received))) {
    case TcpFlow::Answer::stored:
      begun_ = true;
      break;
    case TcpFlow::Answer::no_room:
      held_ = std::move(bytes);
      held_since_ = received;
      break;
    case TcpFlow::Answer::failed:
      break;
  }
}

Chunk TcpSession::chunk_of(Payload bytes, std::chrono::system_clock::time_point received) const {
  Chunk chunk;
  chunk.stream = stream_;
  chunk.bytes = std::move(bytes);
  chunk.received = received;
  return chunk;
}

}  // namespace millrace
