#include "config/resolve.hpp"

#include <algorithm>

#include "config/url.hpp"

namespace millrace {
namespace {

constexpr int kDefaultVersion = 5;

bool given(const TlsConfig& tls) {
  return !(tls.ca.empty() && tls.cert.empty() && tls.key.empty() && tls.key_passphrase.empty());
}

void take_from_source(const SourceConfig& source, SinkConfig& sink) {
  sink.url = source.url;
  if (sink.username.empty() && sink.password.empty()) {
    sink.username = source.username;
    sink.password = source.password;
  }
  if (!given(sink.tls)) sink.tls = source.tls;
  if (sink.mqtt_version == kDefaultVersion) sink.mqtt_version = source.mqtt_version;
}

// Host names are the same in either case (RFC 4343).
bool same_host(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

void resolve(Config& config) {
  const Scheme source = parse_url(config.source.url, End::source).scheme;
  if (config.sink.url.empty() && is_mqtt(source)) take_from_source(config.source, config.sink);
  if (config.sink.client_id.empty()) config.sink.client_id = config.source.client_id + "-sink";
  std::sort(config.source.partition.indices.begin(), config.source.partition.indices.end());
  if (is_byte_stream(source) && config.framing.type == FramingType::whole) {
    config.framing.type = FramingType::lines;
  }
}

bool has_sink(const Config& config) {
  return !config.sink.url.empty() || is_mqtt(parse_url(config.source.url, End::source).scheme);
}

bool results_reach_source(const Config& config) {
  const Url source = parse_url(config.source.url, End::source);
  const Url sink = parse_url(config.sink.url, End::sink);
  return is_mqtt(source.scheme) && is_mqtt(sink.scheme) && source.port == sink.port &&
         same_host(source.host, sink.host);
}

bool dead_letters_reach_source(const Config& config) {
  if (is_mqtt(parse_url(config.sink.url, End::sink).scheme)) return results_reach_source(config);
  return is_mqtt(parse_url(config.source.url, End::source).scheme);
}

}  // namespace millrace
