#include "commands/startup.hpp"

#include "config/enum_names.hpp"
#include "config/url.hpp"
#include "config/value.hpp"

namespace millrace {
namespace {

bool goes_by_mqtt(const EndpointConfig& endpoint, End end) {
  return is_mqtt(parse_url(endpoint.url, end).scheme);
}

std::string flow(const Config& config) {
  std::string text = "millrace " MILLRACE_VERSION ": from " + config.source.url;
  if (goes_by_mqtt(config.source, End::source)) {
    for (const auto& topic : config.source.topics) text += " " + topic;
  }
  text += " to " + config.sink.url;
  if (goes_by_mqtt(config.sink, End::sink)) text += " " + config.sink.topic;
  return text;
}

std::string work(const Config& config) {
  const auto& processing = config.processing;
  return "framing " + std::string(to_text(config.framing.type)) + ", processing " +
         std::string(to_text(processing.type)) + " by " + std::to_string(processing.workers) +
         " workers, order " + std::string(to_text(processing.order)) + ", at most " +
         std::to_string(config.limits.in_flight) + " events in flight";
}

// `attempts` 0 has no end.
std::string failures(const Config& config) {
  const auto& processing = config.processing;
  std::string text = "an event has ";
  text += processing.attempts == 0 ? "any number of attempts"
                                   : std::to_string(processing.attempts) + " attempt(s)";
  text += " of " + format_duration(processing.timeout) + ", then " +
          std::string(to_text(processing.on_failure));
  const bool broker =
      goes_by_mqtt(config.sink, End::sink) || goes_by_mqtt(config.source, End::source);
  if (processing.on_failure == OnFailure::dead_letter) {
    text += " to " + (broker ? config.dead_letter.topic : std::string("standard error"));
  }
  return text;
}

std::string journal(const Config& config) {
  if (config.journal.durability == Durability::off) {
    return "journal in memory, at most " + format_size(config.limits.in_flight_bytes);
  }
  return "journal " + config.journal.path + ", durability " +
         std::string(to_text(config.journal.durability)) + ", at most " +
         format_size(config.journal.max_bytes);
}

}  // namespace

std::vector<std::string> startup_lines(const Config& config) {
  return {flow(config), work(config), failures(config), journal(config)};
}

}  // namespace millrace
