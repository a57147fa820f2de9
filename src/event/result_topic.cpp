#include "event/result_topic.hpp"

#include <optional>
#include <stdexcept>
#include <utility>

#include "event/topic_filter.hpp"
#include "event/utf8.hpp"

namespace millrace {
namespace {

constexpr std::size_t kMaxTopic = 65535;
constexpr std::size_t kShownTopic = 200;

// What a message shows of a topic, which can be 64 KiB long.
std::string shown(std::string_view topic) {
  const std::string_view rest = topic.size() > kShownTopic ? "…" : "";
  return "topic \"" + std::string(topic.substr(0, kShownTopic)).append(rest) + "\"";
}

[[noreturn]] void refuse(std::string_view topic, const std::string& why) {
  throw std::invalid_argument(shown(topic) + ": " + why);
}

// Why a piece of text can be no part of a topic name, or nothing.
std::optional<std::string> bad_characters(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return "holds U+0000";
  if (text.find_first_of("+#") != std::string_view::npos) return "holds a wildcard (+ or #)";
  if (!is_utf8(text)) return "is not valid UTF-8";
  return {};
}

std::optional<std::string> bad_name(std::string_view topic) {
  if (topic.empty()) return "is empty";
  if (topic.size() > kMaxTopic) return "is longer than 65535 bytes";
  if (topic.front() == '$') return "begins with $";
  return bad_characters(topic);
}

std::optional<std::string> loop(std::string_view topic, const std::vector<std::string>& filters) {
  for (const auto& filter : filters) {
    if (filter_matches(filter, topic)) return "is matched by the subscription \"" + filter + "\"";
  }
  return {};
}

}  // namespace

TopicTemplate::TopicTemplate(std::string_view text, std::vector<std::string> own_filters)
    : own_filters_(std::move(own_filters)) {
  parse(text);
  check_text(text);
}

void TopicTemplate::parse(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto open = rest.find_first_of("{}");
    if (open != 0) parts_.emplace_back(std::string(rest.substr(0, open)));
    if (open == std::string_view::npos) return;
    const auto close = rest.find('}', open);
    if (rest[open] == '}' || close == std::string_view::npos) {
      refuse(text, "braces must enclose {topic} or {response_topic}");
    }
    parts_.push_back(placeholder(text, rest.substr(open, close + 1 - open)));
    rest.remove_prefix(close + 1);
  }
}

TopicTemplate::Part TopicTemplate::placeholder(std::string_view text, std::string_view name) {
  if (name == "{topic}") return Topic{};
  if (name == "{response_topic}") return ResponseTopic{};
  refuse(text, std::string(name) + " is unknown; allowed are {topic} and {response_topic}");
}

void TopicTemplate::check_text(std::string_view text) const {
  if (fixed()) {
    if (const auto why = bad_name(text)) refuse(text, *why);
    if (const auto why = loop(text, own_filters_)) refuse(text, *why);
    return;
  }
  if (text.front() == '$') refuse(text, "begins with $");
  if (const auto why = bad_characters(text)) refuse(text, *why);
}

std::variant<std::string, Rejected> TopicTemplate::resolve(const Frame& frame) const {
  if (fixed()) return std::get<std::string>(parts_.front());  // checked when it was parsed
  std::string topic;
  for (const auto& part : parts_) {
    if (const auto* text = std::get_if<std::string>(&part)) {
      topic += *text;
    } else if (std::holds_alternative<Topic>(part)) {
      topic += frame.stream;
    } else if (frame.properties && !frame.properties->response_topic.empty()) {
      topic += frame.properties->response_topic;
    } else {
      return Rejected{"sink.topic: the event has no response topic"};
    }
  }
  if (const auto why = bad_name(topic)) return Rejected{"sink.topic: " + shown(topic) + " " + *why};
  if (const auto why = loop(topic, own_filters_)) {
    return Rejected{"sink.topic: " + shown(topic) + " " + *why};
  }
  return topic;
}

bool TopicTemplate::fixed() const noexcept {
  for (const auto& part : parts_) {
    if (!std::holds_alternative<std::string>(part)) return false;
  }
  return true;
}

}  // namespace millrace
