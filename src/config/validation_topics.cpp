#include "config/validation_topics.hpp"

#include <set>
#include <stdexcept>
#include <string>

#include "config/error.hpp"
#include "config/resolve.hpp"
#include "config/settings.hpp"
#include "config/topic.hpp"
#include "config/url.hpp"
#include "event/result_topic.hpp"
#include "event/topic_filter.hpp"

namespace millrace {
namespace {

constexpr const char* kTopics = "source.topics";
constexpr const char* kStatus = "status.topic";

void check_filters(const Config& config, const Settings& settings) {
  if (config.source.topics.empty()) {
    throw settings.error(kTopics, "must hold at least one topic filter");
  }
  std::set<std::string> seen;
  for (const std::string& topic : config.source.topics) {
    try {
      const bool shared = !parse_subscription(topic).share.empty();
      if (shared && config.source.partition.count > 1) {
        throw settings.error(kTopics, show_text(topic) +
                                          ": must not be shared, since source.partition.count is "
                                          "not 1: what the broker gives to the wrong instance "
                                          "would be lost");
      }
    } catch (const std::invalid_argument& error) {
      throw settings.error(kTopics, show_text(topic) + ": " + error.what());
    }
    if (!seen.insert(topic).second) {
      throw settings.error(kTopics, show_text(topic) + ": must be given once");
    }
  }
}

// The parser's own prose names the topic again: here it stands at the line's beginning.
TopicTemplate parse_topic(const std::string& path, const std::string& topic,
                          const Settings& settings) {
  if (topic.empty()) throw settings.error(path, "must be a topic of at least one character");
  try {
    return TopicTemplate(topic);
  } catch (const std::invalid_argument& error) {
    const std::string why = error.what();
    const auto colon = why.find("\": ");
    throw settings.error(path, (colon == std::string::npos ? why : why.substr(colon + 3)) +
                                   "; must be a topic without wildcards, not beginning with $");
  }
}

std::string replaced(std::string text, const std::string& name, const std::string& by) {
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + by.size())) {
    text.replace(at, name.size(), by);
  }
  return text;
}

// What a result's topic is for an event that came through `filter`.
std::string expected_topic(const std::string& topic, std::string_view filter) {
  return replaced(topic, "{topic}", sample_topic(filter));
}

void check_loop(const std::string& path, const std::string& topic, const Config& config,
                const Settings& settings) {
  if (topic.find("{response_topic}") != std::string::npos) return;  // only known at run time
  for (const std::string& via : config.source.topics) {
    const std::string result = expected_topic(topic, parse_subscription(via).filter);
    for (const std::string& filter : config.source.topics) {
      if (!filter_matches(filter, result)) continue;
      throw settings.error(path, "must not match " + show_text(filter) +
                                     " of source.topics on the same broker: each one would "
                                     "come back as an event (sink.allow_loop permits it)");
    }
  }
}

// It goes where the dead letters go.
void check_status_topic(const Config& config, const Settings& settings) {
  const std::string& topic = config.status.topic;
  if (topic.empty()) return;
  if (!parse_topic(kStatus, topic, settings).fixed()) {
    throw settings.error(kStatus, "must be the same whatever happens: it belongs to no event");
  }
  if (topic == config.sink.topic || topic == config.dead_letter.topic) {
    throw settings.error(kStatus, "must not be the topic of results or dead letters");
  }
  const bool broker = is_mqtt(parse_url(config.sink.url, End::sink).scheme) ||
                      is_mqtt(parse_url(config.source.url, End::source).scheme);
  if (!broker) throw settings.error(kStatus, "needs an MQTT broker as source or sink");
}

}  // namespace

void validate_topics(const Config& config, const Settings& settings) {
  const bool from_mqtt = is_mqtt(parse_url(config.source.url, End::source).scheme);
  if (from_mqtt) check_filters(config, settings);
  const TopicTemplate result = parse_topic("sink.topic", config.sink.topic, settings);
  if (!parse_topic("dead_letter.topic", config.dead_letter.topic, settings).fixed()) {
    throw settings.error("dead_letter.topic",
                         "must be the same for every event; "
                         "a dead letter's \"stream\" holds the event's topic");
  }
  check_status_topic(config, settings);
  if (config.sink.allow_loop) return;
  if (results_reach_source(config)) check_loop("sink.topic", config.sink.topic, config, settings);
  if (dead_letters_reach_source(config)) {
    check_loop("dead_letter.topic", config.dead_letter.topic, config, settings);
    if (!config.status.topic.empty()) {
      check_loop(kStatus, config.status.topic, config, settings);
    }
  }
}

}  // namespace millrace
