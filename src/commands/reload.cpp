#include "commands/reload.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <string>
#include <utility>

#include "config/difference.hpp"
#include "config/enum_names.hpp"
#include "config/listing.hpp"
#include "config/url.hpp"
#include "net/tls_files.hpp"

namespace millrace {
namespace {

bool uses_tls(const EndpointConfig& endpoint, End end) {
  const Scheme scheme = parse_url(endpoint.url, end).scheme;
  return is_tls_client(scheme) || (is_listener(scheme) && !endpoint.tls.cert.empty());
}

void check_files(const Config& config) {
  if (uses_tls(config.source, End::source)) check_tls_files(config.source.tls, "source");
  if (uses_tls(config.sink, End::sink)) check_tls_files(config.sink.tls, "sink");
}

// A listener goes on speaking TLS, or not: its clients would not know.
void take_tls(EndpointConfig& running, const EndpointConfig& wanted, End end) {
  const bool listener = is_listener(parse_url(running.url, end).scheme);
  if (listener && running.tls.cert.empty() != wanted.tls.cert.empty()) return;
  running.tls = wanted.tls;
}

std::string joined(const std::string& list, const std::string& text) {
  return list.empty() ? text : list + " and " + text;
}

std::map<std::string, std::string> texts(const Config& config) {
  std::map<std::string, std::string> values;
  for (auto& value : list_config(config)) values.emplace(value.path, std::move(value.value));
  return values;
}

}  // namespace

Reload::Reload(Config running, Parts parts, Observer& observer)
    : running_(std::move(running)), parts_(std::move(parts)), observer_(observer) {}

void Reload::operator()() {
  try {
    const Config wanted = parts_.load();
    check_files(wanted);
    take(wanted);
  } catch (const std::exception& error) {
    say(Severity::error, std::string("nothing has changed: ") + error.what());
  }
}

void Reload::take(const Config& wanted) {
  const Config before = running_;
  take_tls(running_.source, wanted.source, End::source);
  take_tls(running_.sink, wanted.sink, End::sink);
  parts_.reload_tls(running_);
  std::string files;
  if (uses_tls(running_.source, End::source)) files = "source.tls";
  if (uses_tls(running_.sink, End::sink)) files = joined(files, "sink.tls");
  // The more talkative of the two levels while it is said.
  set_log_level(std::min(before.log.level, wanted.log.level));
  say(Severity::info, "the configuration has been read again" +
                          (files.empty() ? files : "; new connections use the files of " + files));
  if (before.log.level != wanted.log.level) {
    say(Severity::info, "log.level is now " + std::string(to_text(wanted.log.level)));
  }
  set_log_level(wanted.log.level);
  const auto old_values = texts(running_);
  const auto new_values = texts(wanted);
  for (const auto& key : changed_keys(running_, wanted)) {
    const auto& now = old_values.at(key);
    const auto& then = new_values.at(key);
    say(Severity::warning,
        now == then ? key + " has changed: that takes a restart, the old one stays in effect"
                    : key + " = " + then + ": that takes a restart, " + now + " stays in effect");
  }
}

void Reload::set_log_level(LogLevel level) {
  running_.log.level = level;
  parts_.set_log_level(level);
}

void Reload::say(Severity severity, const std::string& text) {
  observer_.notice({severity, "reload", text});
}

}  // namespace millrace
