// libFuzzer: durations, sizes, urls, addresses and topic filters of a configuration: what is read
// can be written and read again, what is refused is refused in one line.
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "config/topic.hpp"
#include "config/url.hpp"
#include "config/value.hpp"
#include "event/event_id.hpp"
#include "event/topic_filter.hpp"
#include "fuzz/check.hpp"

namespace {

using namespace millrace;
using fuzz::require;

void duration(std::string_view text) {
  const auto value = parse_duration(text);
  if (!value) return;
  require(value->count() >= 0, "a duration is not negative", text);
  require(parse_duration(format_duration(*value)) == value, "a duration reads back", text);
}

void byte_count(std::string_view text) {
  const auto value = parse_size(text);
  if (value) require(parse_size(format_size(*value)) == value, "a size reads back", text);
}

void url(std::string_view text, End end) {
  try {
    const Url one = parse_url(text, end);
    if (!is_mqtt(one.scheme)) return;
    require(one.port != 0, "a port is there", text);
    const Url other = parse_url(to_string(one), end);
    require(one.scheme == other.scheme && one.host == other.host && one.port == other.port,
            "a url reads back", text);
  } catch (const std::invalid_argument& error) {
    fuzz::require_one_line(error.what());
  }
}

void listen(std::string_view text) {
  try {
    require(!parse_listen(text).host.empty(), "an address has a host", text);
  } catch (const std::invalid_argument& error) {
    fuzz::require_one_line(error.what());
  }
}

void filter(std::string_view text) {
  try {
    const auto subscription = parse_subscription(text);
    const auto topic = sample_topic(subscription.filter);
    require(filter_matches(text, topic), "a filter matches its sample", text);
    require(filters_overlap(subscription.filter, topic), "a filter overlaps its sample", text);
    require(filters_overlap(subscription.filter, subscription.filter), "a filter overlaps itself",
            text);
  } catch (const std::invalid_argument& error) {
    fuzz::require_one_line(error.what());
  }
}

void event_id(std::string_view text) {
  const auto id = parse_event_id(text);
  if (id) require(to_string(*id) == text, "an event id has one form", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  duration(text);
  byte_count(text);
  url(text, End::source);
  url(text, End::sink);
  listen(text);
  filter(text);
  event_id(text);
  return 0;
}
