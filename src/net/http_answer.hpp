// The rules by which a request gets its response.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "net/http_server.hpp"

namespace millrace {

using HttpParser = boost::beast::http::request_parser<boost::beast::http::empty_body>;
using HttpRequest = boost::beast::http::request<boost::beast::http::empty_body>;
using HttpReply = boost::beast::http::response<boost::beast::http::string_body>;

/// The response to a request whose header has been parsed. It closes the connection where the
/// request has a body, which nobody is going to read.
[[nodiscard]] HttpReply answer(const HttpParser& parser, const HttpRoutes& routes,
                               const std::string& token);

/// A response without a request, after which the connection is closed.
[[nodiscard]] HttpReply refusal(boost::beast::http::status status);

/// True where the request carries the token, or none is needed. Takes the same time for every wrong
/// token of the right length.
[[nodiscard]] bool authorized(const HttpRequest& request, const std::string& token);

/// The subprotocol by which a page, which can set no header of a WebSocket's request, brings a
/// token: `bearer.` and the token in base64url without padding (RFC 4648, 5).
[[nodiscard]] std::string bearer_protocol(const std::string& token);

/// As `authorized`, or by that subprotocol.
[[nodiscard]] bool may_upgrade(const HttpRequest& request, const std::string& token);

/// The route of the request's path, or null.
[[nodiscard]] const HttpRoute* route_of(const HttpRequest& request, const HttpRoutes& routes);

}  // namespace millrace
