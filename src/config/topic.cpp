#include "config/topic.hpp"

#include <stdexcept>

#include "event/utf8.hpp"

namespace millrace {
namespace {

constexpr std::string_view kShare = "$share/";

std::string_view first_level(std::string_view filter) noexcept {
  return filter.substr(0, filter.find('/'));
}

// What follows the first level and its slash; nothing where it was the last.
std::optional<std::string_view> other_levels(std::string_view filter) noexcept {
  const auto slash = filter.find('/');
  if (slash == std::string_view::npos) return {};
  return filter.substr(slash + 1);
}

void check_levels(std::string_view filter) {
  std::optional<std::string_view> rest = filter;
  while (rest) {
    const std::string_view level = first_level(*rest);
    rest = other_levels(*rest);
    if (level.size() > 1 && level.find_first_of("+#") != std::string_view::npos) {
      throw std::invalid_argument("a wildcard (+ or #) must be a whole level");
    }
    if (level == "#" && rest) throw std::invalid_argument("# must be the last level");
  }
}

// `$`-topics are matched by no wildcard in the first level (4.7.2).
bool hidden_from(std::string_view level, std::string_view wildcard) noexcept {
  return level.starts_with('$') && (wildcard == "+" || wildcard == "#");
}

}  // namespace

Subscription parse_subscription(std::string_view text) {
  if (text.empty()) throw std::invalid_argument("a topic filter has at least one character");
  if (!is_mqtt_string(text)) {
    throw std::invalid_argument(
        "a topic filter is valid UTF-8 without U+0000, of at most 65535 bytes");
  }
  Subscription subscription{{}, text};
  if (first_level(text) == "$share") {
    const auto slash = text.find('/', kShare.size());
    if (slash == std::string_view::npos || slash == kShare.size() || slash + 1 == text.size()) {
      throw std::invalid_argument("a shared subscription is written $share/NAME/FILTER");
    }
    subscription.share = text.substr(kShare.size(), slash - kShare.size());
    subscription.filter = text.substr(slash + 1);
    if (subscription.share.find_first_of("+#") != std::string_view::npos) {
      throw std::invalid_argument("the NAME of $share/NAME/FILTER holds no wildcard");
    }
  }
  check_levels(subscription.filter);
  return subscription;
}

bool filters_overlap(std::string_view a, std::string_view b) noexcept {
  if (hidden_from(first_level(a), first_level(b)) || hidden_from(first_level(b), first_level(a))) {
    return false;
  }
  std::optional<std::string_view> rest_a = a;
  std::optional<std::string_view> rest_b = b;
  while (rest_a && rest_b) {
    const std::string_view level_a = first_level(*rest_a);
    const std::string_view level_b = first_level(*rest_b);
    if (level_a == "#" || level_b == "#") return true;
    if (level_a != "+" && level_b != "+" && level_a != level_b) return false;
    rest_a = other_levels(*rest_a);
    rest_b = other_levels(*rest_b);
  }
  // `a/#` matches `a` as well (4.7.1.2).
  return (!rest_a || *rest_a == "#") && (!rest_b || *rest_b == "#");
}

std::string sample_topic(std::string_view filter) {
  std::string topic(filter);
  for (char& c : topic) {
    if (c == '+' || c == '#') c = 'x';
  }
  return topic;
}

}  // namespace millrace
