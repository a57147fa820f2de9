#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string_view>

#include "config/enum_names.hpp"
#include "config/error.hpp"
#include "config/topic.hpp"
#include "config/url.hpp"
#include "config/validation.hpp"
#include "config/validation_websocket.hpp"
#include "config/value.hpp"
#include "event/event_key.hpp"
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

void warn_of_plain_password(std::string_view end, const EndpointConfig& endpoint, const Url& url,
                            Lines& lines) {
  if (!is_mqtt(url.scheme) || is_tls_client(url.scheme)) return;
  if (endpoint.password.empty() || is_loopback(url.host)) return;
  lines.push_back(std::string(end) + ".password: travels in clear text to " + url.host + "; " +
                  (is_websocket(url.scheme) ? "mqtt+wss" : "mqtts") + ":// encrypts it");
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

// Why no such program can be started now, or nothing. As execvp(3) looks for it.
std::optional<std::string> why_not_executable(const std::string& program) {
  const auto executable = [](const std::string& file) {
    return ::access(file.c_str(), X_OK) == 0 && !std::filesystem::is_directory(file);
  };
  if (program.find('/') != std::string::npos) {
    if (executable(program)) return std::nullopt;
    return ::access(program.c_str(), F_OK) == 0 ? "cannot be executed" : "does not exist";
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment.
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/bin:/usr/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (executable((folder.empty() ? "." : folder) + "/" + program)) return std::nullopt;
  }
  return "is not in PATH";
}

// What only a server of TCP clients has.
void warn_of_tcp(const Config& config, const Url& url, Lines& lines) {
  if (url.scheme == Scheme::tcp_listen) return;
  const auto unused = [&lines](const std::string& path) {
    lines.push_back(path + ": has no effect, source.url is not tcp-listen://");
  };
  if (config.source.idle_timeout != SourceConfig{}.idle_timeout) unused("source.idle_timeout");
  if (config.limits.connections != LimitsConfig{}.connections) unused("limits.connections");
}

void warn_of_order(const Config& config, const Url& source, Lines& lines) {
  const ProcessingConfig initial;
  const ProcessingConfig& processing = config.processing;
  if (processing.order != Order::key) {
    if (processing.key == initial.key) return;
    lines.push_back("processing.key: has no effect, processing.order is " +
                    std::string(to_text(processing.order)) + " and not key");
    return;
  }
  if (!EventKey(processing.key).is_property()) return;
  if (is_mqtt(source.scheme) && config.source.mqtt_version == 5) return;
  lines.push_back("processing.key = " + show_text(processing.key) +
                  ": only MQTT 5 has user properties, so every event goes by its topic or "
                  "connection");
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
  if (processing.type != ProcessingType::exec) {
    if (!processing.command.empty()) unused("command", "exec");
    if (processing.limits.cpu != initial.limits.cpu) unused("limits.cpu", "exec");
    if (processing.limits.memory != initial.limits.memory) unused("limits.memory", "exec");
  } else if (const auto why = why_not_executable(processing.command.front())) {
    lines.push_back("processing.command: " + show_text(processing.command.front()) + " " + *why +
                    "; until it can be started events wait, and /readyz says so" +
                    (processing.command.front().find(' ') == std::string::npos
                         ? ""
                         : "; arguments are items of their own, such as python3,worker.py"));
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
  warn_of_tcp(config, source, lines);
  warn_of_plain_password("source", config.source, source, lines);
  const bool own =
      config.sink.url != config.source.url || config.sink.password != config.source.password;
  if (own) warn_of_plain_password("sink", config.sink, sink, lines);
  warn_of_order(config, source, lines);
  warn_of_websocket(config, lines);
  warn_of_processing(config, lines);
  return lines;
}

}  // namespace millrace
