// libFuzzer: filters match what a recursive reading of MQTT 5, 4.7 says; what comes out of a
// template is a topic that may be published to, and one that no own filter matches.
//
// Input: four lines: filter, topic, template, response topic.
#include <algorithm>
#include <array>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/topic.hpp"
#include "event/result_topic.hpp"
#include "event/topic_filter.hpp"
#include "event/utf8.hpp"
#include "fuzz/check.hpp"

namespace {

using namespace millrace;
using fuzz::require;

using Levels = std::vector<std::string>;

Levels split(std::string_view text) {
  Levels levels(1);
  for (const char c : text) {
    if (c == '/') {
      levels.emplace_back();
    } else {
      levels.back() += c;
    }
  }
  return levels;
}

bool matches(const Levels& filter, std::size_t f, const Levels& topic, std::size_t t) {
  if (f == filter.size()) return t == topic.size();
  if (filter[f] == "#") return true;
  if (t == topic.size()) return false;
  return (filter[f] == "+" || filter[f] == topic[t]) && matches(filter, f + 1, topic, t + 1);
}

bool oracle(const Subscription& subscription, const std::string& topic) {
  const auto filter = split(subscription.filter);
  if (topic.starts_with('$') && !filter[0].starts_with('$')) return false;
  return matches(filter, 0, split(topic), 0);
}

void check_filter(const std::string& filter, const std::string& topic) {
  try {
    const auto subscription = parse_subscription(filter);
    const bool matched = filter_matches(filter, topic);
    require(matched == oracle(subscription, topic), "a filter matches", filter + " " + topic);
    const bool plain = !topic.empty() && topic.find_first_of("+#") == std::string::npos;
    if (plain) {
      require(filters_overlap(subscription.filter, topic) == matched, "a topic overlaps its filter",
              filter + " " + topic);
    }
  } catch (const std::invalid_argument& error) {
    fuzz::require_one_line(error.what());
    static_cast<void>(filter_matches(filter, topic));
  }
}

void check_template(const std::array<std::string, 4>& lines) {
  const auto& [filter, topic, text, response] = lines;
  Frame frame;
  frame.stream = topic;
  frame.properties = std::make_shared<const Properties>(Properties{.response_topic = response});
  try {
    const TopicTemplate made(text, {filter});
    const auto result = made.resolve(frame);
    if (const auto* rejected = std::get_if<Rejected>(&result)) {
      require(!made.fixed(), "a fixed topic was checked before", text);
      require(!rejected->cause.empty(), "a cause says something");
      return;
    }
    const auto& name = std::get<std::string>(result);
    require(!name.empty() && is_mqtt_string(name) && !name.starts_with('$') &&
                name.find_first_of("+#") == std::string::npos,
            "a result's topic can be published to", name);
    require(!filter_matches(filter, name), "a result does not come back", name);
  } catch (const std::invalid_argument& error) {
    require(std::string_view(error.what()).size() < 1000, "a message is short");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream in(std::string(data, data + size));
  std::array<std::string, 4> lines;
  for (auto& line : lines) std::getline(in, line);
  check_filter(lines[0], lines[1]);
  check_template(lines);
  return 0;
}
