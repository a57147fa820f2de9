#include "net/http_answer.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <string_view>
#include <utility>

#include "event/base64.hpp"

namespace millrace {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::string_view kBearer = "Bearer ";

HttpReply plain(http::status status, std::string body) {
  HttpReply reply(status, 11);
  reply.set(http::field::content_type, "text/plain; charset=utf-8");
  reply.body() = std::move(body);
  return reply;
}

HttpReply with_reason(http::status status) {
  return plain(status, std::string(http::obsolete_reason(status)) + "\n");
}

HttpReply from_route(const HttpRoute& route) {
  try {
    HttpResponse response = route.get();
    HttpReply reply = plain(http::int_to_status(response.status), std::move(response.body));
    reply.result(response.status);
    reply.set(http::field::content_type, response.type);
    for (const auto& [name, value] : response.headers) reply.set(name, value);
    return reply;
  } catch (...) {
    return with_reason(http::status::internal_server_error);
  }
}

bool has_body(const HttpParser& parser) {
  const auto length = parser.content_length();
  return parser.chunked() || (length && *length > 0);
}

HttpReply choose(const HttpParser& parser, const HttpRoutes& routes, const std::string& token) {
  const HttpRequest& request = parser.get();
  // RFC 9112, 3.2.
  if (request.version() == 11 && request.count(http::field::host) != 1) {
    return with_reason(http::status::bad_request);
  }
  const HttpRoute* route = route_of(request, routes);
  if (!(route != nullptr && route->open) && !authorized(request, token)) {
    HttpReply reply = with_reason(http::status::unauthorized);
    reply.set(http::field::www_authenticate, "Bearer");
    return reply;
  }
  if (route == nullptr) return with_reason(http::status::not_found);
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    HttpReply reply = with_reason(http::status::method_not_allowed);
    reply.set(http::field::allow, "GET, HEAD");
    return reply;
  }
  if (has_body(parser)) return with_reason(http::status::payload_too_large);
  if (route->get) return from_route(*route);
  HttpReply reply = with_reason(http::status::upgrade_required);
  reply.set(http::field::upgrade, "websocket");
  return reply;
}

}  // namespace

bool authorized(const HttpRequest& request, const std::string& token) {
  if (token.empty()) return true;
  const std::string_view given = request[http::field::authorization];
  if (given.size() != kBearer.size() + token.size()) return false;
  if (!beast::iequals(given.substr(0, kBearer.size()), kBearer)) return false;
  return CRYPTO_memcmp(given.data() + kBearer.size(), token.data(), token.size()) == 0;
}

std::string bearer_protocol(const std::string& token) {
  std::string text = base64(token);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return "bearer." + text.substr(0, text.find('='));
}

bool may_upgrade(const HttpRequest& request, const std::string& token) {
  if (authorized(request, token)) return true;
  const std::string wanted = bearer_protocol(token);
  const http::token_list offered(request[http::field::sec_websocket_protocol]);
  return std::any_of(offered.begin(), offered.end(), [&wanted](std::string_view each) {
    return each.size() == wanted.size() &&
           CRYPTO_memcmp(each.data(), wanted.data(), wanted.size()) == 0;
  });
}

const HttpRoute* route_of(const HttpRequest& request, const HttpRoutes& routes) {
  const std::string_view target = request.target();
  const auto found = routes.find(target.substr(0, target.find('?')));
  return found == routes.end() ? nullptr : &found->second;
}

HttpReply answer(const HttpParser& parser, const HttpRoutes& routes, const std::string& token) {
  HttpReply reply = choose(parser, routes, token);
  reply.version(parser.get().version());
  reply.set(http::field::cache_control, "no-store");
  reply.keep_alive(parser.keep_alive() && !has_body(parser));
  reply.prepare_payload();
  // RFC 9110, 9.3.2: the length that a GET would have had, and no content.
  if (parser.get().method() == http::verb::head) reply.body().clear();
  return reply;
}

HttpReply refusal(http::status status) {
  HttpReply reply = with_reason(status);
  reply.keep_alive(false);
  reply.prepare_payload();
  return reply;
}

}  // namespace millrace
