#include "sink/sinks.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include "config/resolve.hpp"
#include "config/url.hpp"
#include "sink/mqtt_sink.hpp"
#include "sink/stream_sink.hpp"
#include "sink/ws_listen_sink.hpp"
#include "sink/ws_sink.hpp"

namespace millrace {
namespace {

// What results must not come back through.
std::vector<std::string> own_filters(const Config& config) {
  return results_reach_source(config) ? config.source.topics : std::vector<std::string>{};
}

}  // namespace

SinkPtr make_result_sink(const Config& config, Scheduler& control, Observer& observer) {
  const Url url = parse_url(config.sink.url, End::sink);
  switch (url.scheme) {
    case Scheme::mqtt:
    case Scheme::mqtts:
    case Scheme::mqtt_ws:
    case Scheme::mqtt_wss:
      return make_mqtt_sink(config.sink, config.dead_letter, own_filters(config), control,
                            observer);
    case Scheme::standard_output:
      return make_stdout_sink(config.sink);
    case Scheme::ws:
    case Scheme::wss:
      return make_ws_sink(config.sink);
    case Scheme::ws_listen:
      return make_ws_listen_sink(config.sink, observer);
    case Scheme::tcp_listen:
    case Scheme::standard_input:
    case Scheme::generate:
      break;
  }
  throw std::invalid_argument("sink.url: " + to_string(url) + " can only be a source");
}

SinkPtr make_dead_letter_sink(const Config& config, Scheduler& control, Observer& observer) {
  if (is_mqtt(parse_url(config.sink.url, End::sink).scheme)) return nullptr;
  if (!is_mqtt(parse_url(config.source.url, End::source).scheme)) {
    return make_stderr_dead_letter_sink();
  }
  SinkConfig letters;
  static_cast<EndpointConfig&>(letters) = config.source;
  letters.client_id = config.sink.client_id;
  letters.topic = config.dead_letter.topic;
  return make_mqtt_sink(letters, config.dead_letter, {}, control, observer);
}

}  // namespace millrace
