// The dashboard: a page that shows what /status and /tap tell.
#pragma once

#include "net/http_server.hpp"

namespace millrace {

/// Adds `/` and what the page loads. They hold no data, so they need no token: the page asks for
/// it. It may load nothing from anywhere else, nor be framed (Content-Security-Policy).
void add_dashboard(HttpRoutes& routes);

}  // namespace millrace
