#include "faults/numbered_events.hpp"

#include <charconv>
#include <cmath>
#include <system_error>

namespace millrace::test {
namespace {

// Text, so that it can be read in a log and in a dead letter.
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::uint64_t> leading_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return {};
  return number;
}

// SplitMix64: every number and seed has a sequence of its own.
std::uint64_t mixed(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  std::uint64_t value = state;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111eb;
  return value ^ (value >> 31U);
}

}  // namespace

std::optional<std::uint64_t> NumberedEvents::number_of_event(std::string_view text) {
  return leading_number(text);
}

std::string PatternEvents::event(std::uint64_t number) const {
  std::string text = std::to_string(number) + ' ';
  std::uint64_t state = seed_ ^ (number * 0xd6e8feb86659fd93);
  while (text.size() < bytes_) {
    auto bits = mixed(state);
    for (int digit = 0; digit < 10 && text.size() < bytes_; ++digit, bits >>= 6U) {
      text += kAlphabet[bits & 63U];
    }
  }
  return text;
}

std::optional<std::uint64_t> PatternEvents::number_of_result(std::string_view text) const {
  return leading_number(text);
}

std::string SquareEvents::event(std::uint64_t number) const {
  return std::to_string(number);
}

std::string SquareEvents::result(std::uint64_t number) const {
  return std::to_string(number * number);
}

std::optional<std::uint64_t> SquareEvents::number_of_result(std::string_view text) const {
  const auto square = leading_number(text);
  if (!square) return {};
  return static_cast<std::uint64_t>(std::llround(std::sqrt(static_cast<long double>(*square))));
}

}  // namespace millrace::test
