#include "net/websocket_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "net/tls_files.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr auto kForEver = std::chrono::hours(24);

}  // namespace

WebSocketClientOptions make_websocket_options(const EndpointConfig& config, End end,
                                              ByteCount message_bytes) {
  WebSocketClientOptions options;
  const std::string name = end == End::source ? "source" : "sink";
  options.name = "ws-" + name;
  options.url = parse_url(config.url, end);
  options.target = {options.url.scheme == Scheme::wss,
                    options.url.host,
                    options.url.port,
                    options.url.target,
                    {config.headers.begin(), config.headers.end()},
                    config.tls,
                    name};
  if (options.target.tls) check_tls_files(config.tls, name);
  if (!config.token.empty()) {
    options.target.headers.emplace_back("Authorization", "Bearer " + config.token);
  }
  options.limits.idle = config.keep_alive * 3 / 2;
  options.limits.message_bytes = message_bytes;
  options.reconnect = config.reconnect;
  return options;
}

WebSocketClient::WebSocketClient(WebSocketClientOptions options, Events events)
    : options_(std::move(options)),
      events_(std::move(events)),
      policy_(options_.reconnect, ConnectionTiming{}) {}

// NOLINTNEXTLINE(bugprone-exception-escape): what posting throws is that there is no memory
WebSocketClient::~WebSocketClient() {
  stop();
}

void WebSocketClient::start() {
  started_ = true;
  asio::co_spawn(thread_.io(), run(), asio::detached);
  thread_.start(options_.name);
}

void WebSocketClient::stop() {
  if (!std::exchange(started_, false)) return;
  thread_.post([this] {
    stopping_ = true;
    wake_.cancel();
    end(CloseCode::going_away, "");
  });
  thread_.join();
}

void WebSocketClient::reload_tls(const TlsConfig& tls) {
  thread_.post([this, tls] { options_.target.files = tls; });
}

void WebSocketClient::hold(bool now) {
  held_ = now;
  wake_.cancel();
}

void WebSocketClient::restart(CloseCode code, const std::string& reason) {
  if (open_) end(code, reason);
}

void WebSocketClient::end(CloseCode code, const std::string& reason) {
  if (!stream_) return;
  if (!open_) return stream_->abort();
  const auto close = [](WebSocketStreamPtr stream, CloseCode why,
                        std::string text) -> asio::awaitable<void> {
    co_await stream->close(static_cast<std::uint16_t>(why), text);
  };
  asio::co_spawn(thread_.io(), close(stream_, code, reason), asio::detached);
}

asio::awaitable<void> WebSocketClient::run() {
  while (!stopping_) {
    while (held_ && !stopping_) co_await wait(kForEver);
    if (stopping_) break;
    const auto delay = co_await connect_once();
    const auto due = std::chrono::steady_clock::now() + delay;
    // A `hold` ends a wait early.
    for (auto left = delay; left.count() > 0 && !stopping_;) {
      co_await wait(left);
      left = std::chrono::ceil<milliseconds>(due - std::chrono::steady_clock::now());
    }
  }
}

asio::awaitable<milliseconds> WebSocketClient::connect_once() {
  std::string problem;
  try {
    stream_ = make_websocket_client(thread_.io().get_executor(), options_.target, options_.limits);
  } catch (const std::runtime_error& error) {  // a file has changed
    problem = error.what();
  }
  if (stream_) problem = co_await stream_->open();
  if (!problem.empty()) {
    stream_.reset();
    events_.lost({false, false, "cannot connect to " + peer() + ": " + problem, stopping_});
    co_return policy_.failed();
  }
  open_ = true;
  policy_.opened(std::chrono::steady_clock::now());
  problem = co_await events_.talk(stream_);
  open_ = false;
  stream_.reset();
  const std::string reason = "connection to " + peer() + " lost: " + problem;
  events_.lost({false, false, stopping_ ? "stopped" : reason, stopping_});
  co_return policy_.lost(std::chrono::steady_clock::now(), ReconnectPolicy::Loss::explained).delay;
}

asio::awaitable<void> WebSocketClient::wait(milliseconds time) {
  wake_.expires_after(time);
  co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace millrace
