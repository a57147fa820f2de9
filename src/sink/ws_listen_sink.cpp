#include "sink/ws_listen_sink.hpp"

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "config/url.hpp"
#include "net/descriptor_limit.hpp"
#include "net/websocket_server.hpp"
#include "sink/fan_out.hpp"
#include "sink/outcome_inbox.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// Of a message that nobody wants.
constexpr std::size_t kFromClients = 65536;
// Of each client, beside the queue that all share: a thousand of them may be behind.
constexpr int kInTheKernel = 256 * 1024;
// Of the journal, the source, HTTP and its clients, and clients that are only asking.
constexpr std::uint64_t kOtherDescriptors = 256;
constexpr milliseconds kTryAgain{1};
// For clients to take what they are owed, at the stop.
constexpr milliseconds kFarewell{3000};

WebSocketServerOptions server_options(const SinkConfig& config) {
  const Url url = parse_url(config.url, End::sink);
  WebSocketServerOptions options;
  options.listen = {url.host, url.port};
  options.path = url.target.substr(0, url.target.find('?'));
  options.token = config.token;
  options.origins = config.origins;
  options.clients = config.max_clients;
  options.limits.idle = config.keep_alive * 3 / 2;
  options.limits.message_bytes = kFromClients;
  options.limits.send_buffer = kInTheKernel;
  if (!config.tls.cert.empty()) options.tls = server_tls_context(config.tls, "sink");
  return options;
}

class WsListenSink final : public Sink {
 public:
  WsListenSink(const SinkConfig& config, Observer& observer)
      : config_(config),
        observer_(observer),
        fan_out_(thread_.io(), FanOutQueue(config.client_queue, config.client_queue_bytes),
                 {[this] { client_joined(); },
                  [this](std::size_t count) { observer_.clients_changed(count); },
                  [this](const std::string& text) { warn(text); }}),
        server_(server_options(config), thread_,
                [this](WebSocketServerStreamPtr stream, std::string client) {
                  return fan_out_.serve(std::move(stream), std::move(client));
                }),
        again_(thread_.io()) {}

  ~WsListenSink() override { WsListenSink::stop(); }
  WsListenSink(const WsListenSink&) = delete;
  WsListenSink& operator=(const WsListenSink&) = delete;

  void start(Deliveries& deliveries) override {
    deliveries_ = &deliveries;
    const std::uint64_t wanted = config_.max_clients + kOtherDescriptors;
    if (const auto allowed = allow_descriptors(wanted); allowed < wanted) {
      warn("sink.max_clients = " + std::to_string(config_.max_clients) +
           " may not be reached: the process may have " + std::to_string(allowed) +
           " open files at most; clients beyond those are refused");
    }
    observer_.clients_changed(0);
    server_.start();
    thread_.start("ws-listen");
    deliveries.state({true, true, {}});
  }

  std::optional<std::string> unfit(const Frame& /*frame*/,
                                   const Result& /*result*/) const override {
    return {};
  }

  void accept(OutcomePtr outcome) override {
    if (inbox_.push(std::move(outcome))) thread_.post([this] { schedule(); });
  }

  void stop() override {
    if (std::exchange(stopped_, true)) return;
    thread_.post([this] {
      stopping_ = true;
      again_.cancel();
      server_.stop_accepting();
      fan_out_.finish(kFarewell);
    });
    thread_.join();
  }

  void reload_tls(const TlsConfig& tls) override {
    if (tls.cert.empty()) return;
    thread_.post(
        [this, context = server_tls_context(tls, "sink")] { server_.reload_tls(context); });
  }

 private:
  // One at a time, and then the sockets' turn: a client whose socket takes bytes is never behind by
  // more than what came meanwhile.
  void schedule() {
    if (!std::exchange(scheduled_, true)) thread_.post([this] { distribute(); });
  }

  void distribute() {
    scheduled_ = false;
    if (stopping_ || (config_.hold && fan_out_.empty())) return;
    const OutcomePtr outcome = inbox_.front();
    if (!outcome) return;
    if (message_of_ != outcome) {
      message_ = make_ws_message(*outcome, config_.envelope);
      message_of_ = outcome;
    }
    if (fan_out_.empty()) ++dropped_;
    if (!fan_out_.offer(message_)) return try_again();
    message_ = {};
    message_of_.reset();
    inbox_.pop();
    deliveries_->confirmed(outcome->frame->number);
    schedule();
  }

  void try_again() {
    scheduled_ = true;
    again_.expires_after(kTryAgain);
    again_.async_wait([this](const boost::system::error_code& /*cancelled*/) { distribute(); });
  }

  void client_joined() {
    if (const auto dropped = std::exchange(dropped_, 0); dropped > 0) {
      observer_.notice({Severity::info, "sink",
                        "a client has come; " + std::to_string(dropped) +
                            " results were dropped while there was none"});
    }
    schedule();
  }

  void warn(const std::string& text) { observer_.notice({Severity::warning, "sink", text}); }

  const SinkConfig config_;
  Observer& observer_;
  Deliveries* deliveries_ = nullptr;
  OutcomeInbox inbox_;
  OutcomePtr message_of_;  // of which `message_` was made, while it waits
  WsMessage message_;
  IoThread thread_;
  FanOut fan_out_;
  WebSocketServer server_;
  asio::steady_timer again_;
  std::uint64_t dropped_ = 0;  // since the last client went
  bool scheduled_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace

SinkPtr make_ws_listen_sink(const SinkConfig& config, Observer& observer) {
  return std::make_unique<WsListenSink>(config, observer);
}

}  // namespace millrace
