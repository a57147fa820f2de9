#include "observability/dashboard.hpp"

#include <string>

#include "observability/dashboard_files.hpp"

namespace millrace {
namespace {

// 'self' is also a WebSocket of the page's own host and port (CSP 3, 6.7.2.8).
constexpr auto kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

void add_dashboard(HttpRoutes& routes) {
  for (const DashboardFile& file : dashboard_files()) {
    HttpRoute& route = routes[std::string(file.path)];
    route.open = true;
    route.get = [&file] {
      HttpResponse response;
      response.type = file.type;
      response.body = file.text;
      response.headers = {{"Content-Security-Policy", kPolicy},
                          {"X-Content-Type-Options", "nosniff"},
                          {"Referrer-Policy", "no-referrer"}};
      return response;
    };
  }
}

}  // namespace millrace
