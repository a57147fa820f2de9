// EchoServer: a WebSocketServer that says what it hears.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/websocket_server.hpp"

namespace millrace::test {

/// At a free port of 127.0.0.1, unless the options say another address.
class EchoServer {
 public:
  EchoServer() = default;
  ~EchoServer() {
    thread_.post([this] {
      if (server_) server_->stop_accepting();
      for (const auto& stream : inside_) stream->abort();
    });
    thread_.join();
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  void start(WebSocketServerOptions options) {
    if (options.listen.host.empty()) options.listen = {"127.0.0.1", 0};
    server_ = std::make_unique<WebSocketServer>(
        std::move(options), thread_,
        [this](WebSocketServerStreamPtr stream, std::string) { return echo(std::move(stream)); });
    port_ = server_->address().port;
    server_->start();
    thread_.start("server");
  }

  /// Ends every connection; the next ones find this.
  void change_tls(TlsContextPtr tls) {
    thread_.post([this, tls = std::move(tls)] {
      server_->reload_tls(tls);
      for (const auto& stream : inside_) stream->abort();
    });
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  boost::asio::awaitable<void> echo(WebSocketServerStreamPtr stream) {
    inside_.push_back(stream);
    std::string message;
    while (!co_await stream->read(message)) {
      if (co_await stream->write(message, true)) break;
      message.clear();
    }
    std::erase(inside_, stream);
  }

  IoThread thread_;
  std::unique_ptr<WebSocketServer> server_;
  std::vector<WebSocketServerStreamPtr> inside_;
  std::uint16_t port_ = 0;
};

}  // namespace millrace::test
