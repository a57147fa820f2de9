// A tap that can be looked at over HTTP.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "millrace/config.hpp"
#include "net/http_server.hpp"
#include "observability/tap.hpp"
#include "observability/tap_server.hpp"

namespace millrace::test {

class TapEndpoint {
 public:
  TapEndpoint(TapMode mode, const std::string& token)
      : tap(mode), tap_server_(tap, config(mode, token)) {
    HttpServerOptions options;
    options.listen = {"127.0.0.1", 0};
    options.token = token;
    options.closing = [this] { tap_server_.close(); };
    HttpRoutes routes;
    routes["/tap"] = tap_server_.route();
    server_ = std::make_unique<HttpServer>(std::move(options), std::move(routes));
  }

  [[nodiscard]] ListenAddress address() const { return server_->address(); }

  Tap tap;

 private:
  static HttpConfig config(TapMode mode, const std::string& token) {
    HttpConfig config;
    config.tap = mode;
    config.token = token;
    return config;
  }

  TapServer tap_server_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace millrace::test
