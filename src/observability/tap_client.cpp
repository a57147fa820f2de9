#include "observability/tap_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <utility>

#include "net/http_client.hpp"
#include "net/websocket_stream.hpp"
#include "observability/tap_message.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;

constexpr std::uint16_t kNormal = 1000;

// Room for a payload whose every byte is escaped, and for a long stream's name.
constexpr std::size_t kMessageBytes = std::size_t{256} * 1024;

// What a request that asks for no upgrade is answered with, where one would be welcome.
constexpr unsigned kUpgradeRequired = 426;

WebSocketTarget target_of(const ListenAddress& address, const std::string& token,
                          const TapWish& wish) {
  WebSocketTarget target;
  target.host = address.host;
  target.port = address.port;
  target.path = tap_target(wish);
  if (!token.empty()) target.headers.emplace_back("Authorization", "Bearer " + token);
  return target;
}

WebSocketLimits client_limits() {
  WebSocketLimits limits;
  limits.message_bytes = kMessageBytes;
  limits.close = std::chrono::milliseconds(1000);
  return limits;
}

// Why it is not let in, which a refused upgrade does not tell.
std::string refusal_of(const ListenAddress& address, const std::string& token) {
  const auto answer = http_get({address, "/tap", token});
  if (const auto* none = std::get_if<std::string>(&answer)) {
    return "no answer from " + to_string(address) + " (http.listen): " + *none;
  }
  const unsigned status = std::get<HttpReceived>(answer).status;
  if (status == kUpgradeRequired) return {};
  if (status == 401) return "http.token is not that of the process";
  if (status == 403) return "http.tap of the process is off";
  return "what answers at " + to_string(address) + " has no tap (" + std::to_string(status) + ")";
}

}  // namespace

class TapClient::Impl {
 public:
  Impl(const ListenAddress& address, const std::string& token, const TapWish& wish)
      : address_(address), token_(token), target_(target_of(address, token, wish)) {}

  std::string run(const Hear& hear) {
    std::string problem = refusal_of(address_, token_);
    if (!problem.empty()) return problem;
    stream_ = make_websocket_client(io_.get_executor(), target_, client_limits());
    asio::co_spawn(io_, listen(hear, problem), asio::detached);
    io_.run();
    return problem;
  }

  void stop() {
    asio::post(io_, [this] {
      stopped_ = true;
      if (!stream_) return;
      if (open_) {
        asio::co_spawn(io_, stream_->close(kNormal, ""), asio::detached);
      } else {
        stream_->abort();
      }
    });
  }

 private:
  asio::awaitable<void> listen(const Hear& hear, std::string& problem) {
    if (stopped_) co_return;
    const std::string unopened = co_await stream_->open();
    if (stopped_) co_return;
    if (!unopened.empty()) {
      problem = unopened.find(" 503 ") == std::string::npos
                    ? unopened
                    : "as many look on already as may at a time";
      co_return;
    }
    open_ = true;
    std::string message;
    for (;;) {
      message.clear();
      if (const auto error = co_await stream_->read(message)) {
        if (!stopped_) problem = "the connection has ended: " + stream_->explain(error);
        co_return;
      }
      if (!hear(message)) break;
    }
    co_await stream_->close(kNormal, "");
  }

  const ListenAddress address_;
  const std::string token_;
  const WebSocketTarget target_;
  asio::io_context io_{1};
  std::shared_ptr<WebSocketClientStream> stream_;
  bool open_ = false;
  bool stopped_ = false;
};

TapClient::TapClient(const ListenAddress& address, const std::string& token, const TapWish& wish)
    : impl_(std::make_unique<Impl>(address, token, wish)) {}

TapClient::~TapClient() = default;

std::string TapClient::run(const Hear& hear) {
  return impl_->run(hear);
}

void TapClient::stop() {
  impl_->stop();
}

}  // namespace millrace
