#include "event/topic_filter.hpp"

#include <cstddef>

namespace millrace {
namespace {

// Takes the first level and its separator off `text`; false where there was no level left.
bool take_level(std::string_view& text, bool& more, std::string_view& level) noexcept {
  if (!more) return false;
  const std::size_t slash = text.find('/');
  level = text.substr(0, slash);
  more = slash != std::string_view::npos;
  text.remove_prefix(more ? slash + 1 : text.size());
  return true;
}

std::string_view without_share(std::string_view filter) noexcept {
  constexpr std::string_view kShare = "$share/";
  if (!filter.starts_with(kShare)) return filter;
  const std::size_t slash = filter.find('/', kShare.size());
  return slash == std::string_view::npos ? filter : filter.substr(slash + 1);
}

}  // namespace

bool filter_matches(std::string_view filter, std::string_view topic) noexcept {
  filter = without_share(filter);
  if (topic.starts_with('$') && !filter.starts_with('$')) return false;
  bool more_filter = true;
  bool more_topic = true;
  std::string_view wanted;
  std::string_view level;
  while (take_level(filter, more_filter, wanted)) {
    if (wanted == "#") return true;  // also where no level is left: `a/#` matches `a`
    if (!take_level(topic, more_topic, level)) return false;
    if (wanted != "+" && wanted != level) return false;
  }
  return !more_topic;
}

}  // namespace millrace
