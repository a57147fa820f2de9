#include "source/sources.hpp"

#include <stdexcept>

#include "config/url.hpp"
#include "source/generate_source.hpp"
#include "source/mqtt_source.hpp"
#include "source/stdin_source.hpp"
#include "source/tcp_source.hpp"
#include "source/ws_source.hpp"

namespace millrace {

SourcePtr make_source(const Config& config, Scheduler& control, Observer& observer) {
  const Url url = parse_url(config.source.url, End::source);
  switch (url.scheme) {
    case Scheme::mqtt:
    case Scheme::mqtts:
    case Scheme::mqtt_ws:
    case Scheme::mqtt_wss:
      return make_mqtt_source(config.source, control, observer);
    case Scheme::standard_input:
      return make_stdin_source();
    case Scheme::generate:
      return make_generate_source(url.generate);
    case Scheme::tcp_listen:
      return make_tcp_source(config, url, observer);
    case Scheme::ws:
    case Scheme::wss:
      return make_ws_source(config, observer);
    case Scheme::ws_listen:
    case Scheme::standard_output:
      break;
  }
  throw std::invalid_argument("source.url: " + to_string(url) + " can only be a sink");
}

}  // namespace millrace
