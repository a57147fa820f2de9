#include "net/websocket_origin.hpp"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>

namespace millrace {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

// `https://example.org:8443` is of the host `example.org:8443`.
std::string_view host_of(std::string_view origin) {
  const auto slashes = origin.find("://");
  return slashes == std::string_view::npos ? std::string_view{} : origin.substr(slashes + 3);
}

}  // namespace

bool allowed_origin(const WebSocketRequest& request, const std::vector<std::string>& origins) {
  if (request.count(http::field::origin) == 0) return true;
  const std::string_view origin = request[http::field::origin];
  const std::string_view host = host_of(origin);
  if (!host.empty() && beast::iequals(host, request[http::field::host])) return true;
  return std::any_of(origins.begin(), origins.end(), [origin](const std::string& allowed) {
    return allowed == "*" || beast::iequals(allowed, origin);
  });
}

bool unforgeable_host(std::string_view host) {
  if (host.starts_with('[')) return true;
  const std::string name(host.substr(0, host.find(':')));
  if (name.find('.') == std::string::npos) return !name.empty();
  boost::system::error_code no_address;
  static_cast<void>(boost::asio::ip::make_address_v4(name, no_address));
  return !no_address || name.ends_with(".localhost");
}

}  // namespace millrace
