// HttpServer: the small read-only HTTP/1.1 server of health, and of what else may be looked at.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/http_address.hpp"

namespace millrace {

struct HttpResponse {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< more of them
};

/// A connection whose client asks for another protocol (`net/http_upgrade.hpp`).
struct HttpUpgrade;

/// What is found at a path. A path may have either or both.
struct HttpRoute {
  std::function<HttpResponse()> get;
  /// Takes over a connection that asks for an upgrade (RFC 9110, 7.8), such as to WebSocket.
  std::function<void(HttpUpgrade)> upgrade;
  /// Answered without the token: there is nothing to be learnt from it.
  bool open = false;
};

/// By path, without the query.
using HttpRoutes = std::map<std::string, HttpRoute, std::less<>>;

struct HttpServerOptions {
  ListenAddress listen;
  /// Where not empty, every request needs `Authorization: Bearer TOKEN`, or, where a page asks for
  /// a WebSocket, the subprotocol `bearer_protocol(TOKEN)`.
  std::string token;
  /// For one request to arrive, idle time before it included, and for its response to leave.
  std::chrono::milliseconds timeout{10000};
  /// Over it, the connection that has been idle for longest is closed; where none is idle, the new
  /// one gets 503.
  std::size_t connections = 64;
  /// Called on the server's thread at its end, to close the connections that have left HTTP.
  std::function<void()> closing;
};

/// Answers GET and HEAD of the given routes.
///
/// Headers may have 8 KiB, bodies are refused (413). A client that sends nonsense, sends nothing in
/// time, or reads nothing in time, costs its own connection only.
/// Threads: one of its own, on which the routes' functions are called, one at a time. They should
/// be quick. Errors: the constructor throws `std::runtime_error` where the address can't be
/// listened at; an exception out of a route is answered with 500. Lifetime: serves from its
/// construction; the destructor closes every connection.
class HttpServer {
 public:
  HttpServer(HttpServerOptions options, HttpRoutes routes);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Where it listens: with the port that it got where port 0 was asked for.
  [[nodiscard]] ListenAddress address() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace
