#include <algorithm>
#include <array>
#include <string_view>

#include "config/enum_names.hpp"
#include "config/error.hpp"
#include "config/topic.hpp"
#include "config/url.hpp"
#include "config/validation.hpp"
#include "config/value.hpp"
#include "event/producer_key.hpp"

namespace millrace {
namespace {

using Lines = std::vector<std::string>;

constexpr Duration kShortSession = std::chrono::hours(1);

void warn_of_topics(const SourceConfig& source, Lines& lines) {
  const auto& topics = source.topics;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    const Subscription one = parse_subscription(topics[i]);
    if (!one.share.empty()) {
      lines.push_back("source.topics: " + show_text(topics[i]) +
                      " is a shared subscription: the broker spreads its events over all members, "
                      "so results are in no order across them, and what it had sent to a member "
                      "that dies can be lost");
    }
    for (std::size_t j = i + 1; j < topics.size(); ++j) {
      if (!filters_overlap(one.filter, parse_subscription(topics[j]).filter)) continue;
      lines.push_back("source.topics: " + show_text(topics[i]) + " and " + show_text(topics[j]) +
                      " overlap: the broker may send an event that both match twice, and it is "
                      "processed twice");
    }
  }
}

bool is_local(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void warn_of_plain_password(std::string_view end, const EndpointConfig& endpoint, const Url& url,
                            Lines& lines) {
  if (url.scheme != Scheme::mqtt || endpoint.password.empty() || is_local(url.host)) return;
  lines.push_back(std::string(end) + ".password: travels in clear text to " + url.host +
                  "; mqtts:// encrypts it");
}

void warn_of_session(const SourceConfig& source, Lines& lines) {
  if (source.qos == 0 || source.mqtt_version != 5 || source.session_expiry >= kShortSession) return;
  lines.push_back("source.session_expiry = " + format_duration(source.session_expiry) +
                  ": the broker drops what waits for millrace when it is away for longer");
}

// A window that nothing fills.
void warn_of_dedupe(const SourceConfig& source, const Url& url, Lines& lines) {
  const DedupeConfig initial;
  if (source.dedupe.key.empty()) {
    if (source.dedupe.window == initial.window) return;
    lines.emplace_back("source.dedupe.window: has no effect, source.dedupe.key is empty");
    return;
  }
  if (!ProducerKey(source.dedupe.key).of_message()) return;
  if (is_mqtt(url.scheme) && source.mqtt_version == 5) return;
  lines.push_back("source.dedupe.key = " + show_text(source.dedupe.key) +
                  ": has no effect, only MQTT 5 has user properties");
}

// What the processor that is configured passes over.
void warn_of_processing(const Config& config, Lines& lines) {
  const ProcessingConfig initial;
  const ProcessingConfig& processing = config.processing;
  const auto unused = [&](std::string_view name, std::string_view needed) {
    lines.push_back("processing." + std::string(name) + ": has no effect, processing.type is " +
                    std::string(to_text(processing.type)) + " and not " + std::string(needed));
  };
  const bool digests =
      processing.type == ProcessingType::digest || processing.type == ProcessingType::verify;
  if (processing.delay != initial.delay && processing.type != ProcessingType::square) {
    unused("delay", "square");
  }
  if (processing.type == ProcessingType::square && processing.delay >= processing.timeout) {
    lines.push_back("processing.delay = " + format_duration(processing.delay) +
                    ": no attempt ends within processing.timeout, which is " +
                    format_duration(processing.timeout) + ", so every event fails");
  }
  if (processing.algorithm != initial.algorithm && !digests) {
    unused("algorithm", "digest or verify");
  }
  if (processing.emit != initial.emit && processing.type != ProcessingType::verify) {
    unused("emit", "verify");
  }
  if (processing.workers > config.limits.in_flight) {
    lines.push_back("processing.workers = " + std::to_string(processing.workers) +
                    ": at most limits.in_flight = " + std::to_string(config.limits.in_flight) +
                    " of them ever work at a time");
  }
}

}  // namespace

std::vector<std::string> warnings(const Config& config) {
  Lines lines;
  const Url source = parse_url(config.source.url, End::source);
  const Url sink = parse_url(config.sink.url, End::sink);
  if (is_mqtt(source.scheme)) {
    warn_of_topics(config.source, lines);
    warn_of_session(config.source, lines);
  }
  warn_of_dedupe(config.source, source, lines);
  warn_of_plain_password("source", config.source, source, lines);
  warn_of_plain_password("sink", config.sink, sink, lines);
  warn_of_processing(config, lines);
  return lines;
}

}  // namespace millrace
