#include "event/event_id.hpp"

#include <charconv>
#include <cstdio>

namespace millrace {
namespace {

constexpr std::size_t kEpochDigits = 8;

// All of `text` as a number without sign, leading zeros or anything else around it.
template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool parse_epoch(std::string_view text, std::uint32_t& epoch) {
  if (text.size() != kEpochDigits) return false;
  if (text.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
  return std::from_chars(text.data(), text.data() + text.size(), epoch, 16).ec == std::errc{};
}

}  // namespace

std::string to_string(const EventId& id) {
  char text[48];
  const int size = std::snprintf(text, sizeof text, "%08x-%llu.%u", id.epoch,
                                 static_cast<unsigned long long>(id.offset), id.index);
  return {text, static_cast<std::size_t>(size)};
}

std::optional<EventId> parse_event_id(std::string_view text) {
  const auto dash = text.find('-');
  const auto dot = text.find('.');
  if (dash == std::string_view::npos || dot == std::string_view::npos || dot < dash) return {};
  EventId id;
  if (!parse_epoch(text.substr(0, dash), id.epoch)) return {};
  if (!parse_number(text.substr(dash + 1, dot - dash - 1), id.offset)) return {};
  if (!parse_number(text.substr(dot + 1), id.index)) return {};
  return id;
}

}  // namespace millrace
