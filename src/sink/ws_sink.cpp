#include "sink/ws_sink.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/websocket_client.hpp"
#include "sink/outcome_inbox.hpp"
#include "sink/ws_message.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;

// Of a message that nobody wants.
constexpr ByteCount kPassedOver = 65536;

class WsSink final : public Sink {
 public:
  explicit WsSink(const SinkConfig& config)
      : envelope_(config.envelope),
        client_(make_websocket_options(config, End::sink, kPassedOver),
                {[this](WebSocketStreamPtr stream) { return talk(std::move(stream)); },
                 [this](const ConnectionState& state) { deliveries_->state(state); }}),
        changed_(client_.thread().io()) {}

  ~WsSink() override { WsSink::stop(); }
  WsSink(const WsSink&) = delete;
  WsSink& operator=(const WsSink&) = delete;

  void start(Deliveries& deliveries) override {
    deliveries_ = &deliveries;
    deliveries.state({false, false, "connecting to " + client_.peer(), true});
    client_.start();
  }

  std::optional<std::string> unfit(const Frame& /*frame*/,
                                   const Result& /*result*/) const override {
    return {};
  }

  void accept(OutcomePtr outcome) override {
    if (inbox_.push(std::move(outcome))) {
      client_.thread().post([this] { changed_.cancel(); });
    }
  }

  void stop() override { client_.stop(); }

  void reload_tls(const TlsConfig& tls) override { client_.reload_tls(tls); }

 private:
  asio::awaitable<std::string> talk(WebSocketStreamPtr stream) {
    deliveries_->state({true, true, {}});
    std::string unsent;
    listening_ = true;
    asio::co_spawn(client_.thread().io(), listen(stream), asio::detached);
    while (listening_) {
      const OutcomePtr outcome = inbox_.front();
      if (!outcome) {
        co_await wait();
        continue;
      }
      const WsMessage message = make_ws_message(*outcome, envelope_);
      const auto error = co_await stream->write(message.bytes.view(), message.text);
      if (error) {
        // The first of the two to notice is told why, the other that it was cancelled.
        if (error != asio::error::operation_aborted) unsent = stream->explain(error);
        break;
      }
      inbox_.pop();
      deliveries_->confirmed(outcome->frame->number);
    }
    // After a failed write nothing more is going to be heard either.
    if (listening_) stream->abort();
    while (listening_) co_await wait();
    co_return unsent.empty() ? ended_ : unsent;
  }

  // Pings are answered, and an end is noticed, only while something reads.
  asio::awaitable<void> listen(WebSocketStreamPtr stream) {
    std::string passed_over;
    for (;;) {
      const auto error = co_await stream->read(passed_over);
      if (error) {
        ended_ = stream->explain(error);
        break;
      }
      passed_over.clear();
    }
    listening_ = false;
    changed_.cancel();
  }

  asio::awaitable<void> wait() {
    changed_.expires_at(std::chrono::steady_clock::time_point::max());
    co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
  }

  const bool envelope_;
  Deliveries* deliveries_ = nullptr;
  OutcomeInbox inbox_;
  WebSocketClient client_;
  asio::steady_timer changed_;
  bool listening_ = false;
  std::string ended_;
};

}  // namespace

SinkPtr make_ws_sink(const SinkConfig& config) {
  return std::make_unique<WsSink>(config);
}

}  // namespace millrace
