#include "source/ws_source.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/websocket/error.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "event/iso8601.hpp"
#include "net/websocket_client.hpp"
#include "source/intake_gate.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
using SystemClock = std::chrono::system_clock;
using SteadyClock = std::chrono::steady_clock;

// A refusal is followed by a pause, unless there was room again before it.
constexpr std::chrono::milliseconds kOfferAgain{50};
// What a message that is kept may waste: its buffer grew before its length was known.
constexpr std::size_t kSpare = 64;

class WsSource final : public Source {
 public:
  WsSource(const Config& config, Observer& observer)
      : subscribe_(config.source.subscribe),
        joined_(config.framing.type != FramingType::whole),
        patience_(config.source.keep_alive / 2),
        idle_(config.source.keep_alive * 3 / 2),
        observer_(observer),
        client_(make_websocket_options(config.source, End::source, config.limits.frame_bytes),
                {[this](WebSocketStreamPtr stream) { return talk(std::move(stream)); },
                 [this](const ConnectionState& state) { report(state); }}),
        room_(client_.thread().io()),
        stream_(client_.peer()) {}

  ~WsSource() override { WsSource::stop(); }
  WsSource(const WsSource&) = delete;
  WsSource& operator=(const WsSource&) = delete;

  void start(Intake& intake) override {
    intake_ = &intake;
    gate_ = std::make_unique<IntakeGate>(intake);
    report({false, false, "connecting to " + client_.peer(), true});
    client_.start();
  }

  void pause() override {
    gate_->pause();
    client_.thread().post([this] {
      paused_ = true;
      client_.hold(true);
      report(link_);
    });
  }

  void resume() override {
    gate_->resume();
    client_.thread().post([this] {
      paused_ = false;
      client_.hold(failed_);
      room_.cancel();
      report(link_);
    });
  }

  void stop() override {
    if (!gate_) return;
    gate_->close();
    client_.thread().post([this] { room_.cancel(); });
    client_.stop();
  }

  void close_stream(const std::string& /*stream*/) override {
    client_.thread().post([this] {
      client_.restart(CloseCode::bad_payload, "what was sent cannot be framed any further");
    });
  }

  void reload_tls(const TlsConfig& tls) override { client_.reload_tls(tls); }

 private:
  using Error = WebSocketStream::Error;

  // Everything below runs on the client's thread.
  asio::awaitable<std::string> talk(WebSocketStreamPtr stream) {
    if (joined_) {
      // Named, as all that is awaited with: gcc 12 destroys such a temporary twice.
      const Cut begins_afresh{stream_, CutCause::closed, 0};
      const bool stored = co_await hand_in(begins_afresh, *stream);
      if (!stored) co_return refused();
    }
    for (const std::string& text : subscribe_) {
      if (const auto error = co_await stream->write(text, true)) {
        co_return stream->explain(error);
      }
    }
    tell_of_gap();
    report({true, true, {}});
    std::string closed;
    for (;;) {
      std::string message;
      const Error error = co_await stream->read(message);
      if (error) {
        lost(error);
        co_return closed.empty() ? stream->explain(error) : closed;
      }
      heard_ = SystemClock::now();
      const Chunk chunk = chunk_of(std::move(message));
      const bool stored = co_await hand_in(chunk, *stream);
      if (!stored) co_return refused();
      if (given_up_) closed = "there was no room for " + std::to_string(patience_.count()) + " ms";
    }
  }

  // False: closed, or the intake failed for good.
  template <typename Entry>
  asio::awaitable<bool> hand_in(const Entry& entry, WebSocketStream& stream) {
    const auto since = SteadyClock::now();
    given_up_ = false;
    for (;;) {
      const auto answer = gate_->offer(entry);
      if (answer != IntakeGate::Answer::not_now) co_return answer == IntakeGate::Answer::stored;
      if (!given_up_ && SteadyClock::now() - since >= patience_) {
        given_up_ = true;
        gap_from_ = heard_;
        co_await stream.close(static_cast<std::uint16_t>(CloseCode::try_again_later),
                              "no room at the receiver");
        continue;
      }
      room_.expires_after(kOfferAgain);
      co_await room_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  std::string refused() {
    failed_ = true;
    client_.hold(true);
    return "a message could not be stored";
  }

  Chunk chunk_of(std::string message) const {
    if (message.capacity() > 2 * message.size() + kSpare) message.shrink_to_fit();
    Chunk chunk;
    chunk.stream = stream_;
    chunk.bytes = Payload(std::move(message));
    chunk.received = SystemClock::now();
    return chunk;
  }

  // Where it was silence that told, the connection may have been gone for as long.
  void lost(Error error) {
    const auto now = SystemClock::now();
    const bool silence = error == boost::beast::error::timeout;
    if (!gap_from_) gap_from_ = silence ? std::max(heard_, now - idle_) : now;
    if (error != boost::beast::websocket::error::message_too_big) return;
    notice("a message was too long (limits.frame_bytes) and was refused with 1009; " +
           std::to_string(++too_long_) + " since the start");
  }

  void tell_of_gap() {
    heard_ = SystemClock::now();
    if (!gap_from_) return;
    notice("gap " + std::to_string(++gaps_) + ": what the feed sent from " + iso8601(*gap_from_) +
           " to " + iso8601(heard_) + " is lost");
    gap_from_.reset();
  }

  void report(const ConnectionState& link) {
    link_ = link;
    intake_->state(paused_ ? ConnectionState{false, false, "paused", true} : link);
  }

  void notice(const std::string& text) { observer_.notice({Severity::warning, "source", text}); }

  const std::vector<std::string> subscribe_;
  const bool joined_;
  const Duration patience_;
  const Duration idle_;
  Observer& observer_;
  Intake* intake_ = nullptr;
  std::unique_ptr<IntakeGate> gate_;
  WebSocketClient client_;
  asio::steady_timer room_;
  const std::string stream_;
  ConnectionState link_;
  bool paused_ = false;
  bool failed_ = false;
  bool given_up_ = false;  // the connection, for want of room
  SystemClock::time_point heard_;
  std::optional<SystemClock::time_point> gap_from_;
  std::uint64_t gaps_ = 0;
  std::uint64_t too_long_ = 0;
};

}  // namespace

SourcePtr make_ws_source(const Config& config, Observer& observer) {
  return std::make_unique<WsSource>(config, observer);
}

}  // namespace millrace
