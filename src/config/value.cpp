#include "config/value.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

namespace millrace {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first.
constexpr std::array<Unit, 4> kDurations{
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizes{
    {{"GiB", 1U << 30}, {"MiB", 1U << 20}, {"KiB", 1U << 10}, {"B", 1}}};

constexpr std::uint64_t kLongest = std::numeric_limits<std::int64_t>::max() / 1'000'000;  // ms

template <typename Units>
std::optional<std::uint64_t> parse(std::string_view text, const Units& units) noexcept {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return {};
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : units) {
    if (name != unit.name) continue;
    if (number > std::numeric_limits<std::uint64_t>::max() / unit.factor) return {};
    return number * unit.factor;
  }
  return {};
}

template <typename Units>
std::string format(std::uint64_t number, const Units& units, std::string_view zero) {
  if (number == 0) return std::string(zero);
  for (const Unit& unit : units) {
    if (number % unit.factor == 0) {
      return std::to_string(number / unit.factor).append(unit.name);
    }
  }
  return std::to_string(number);
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) noexcept {
  const auto milliseconds = parse(text, kDurations);
  if (!milliseconds || *milliseconds > kLongest) return {};
  return Duration(static_cast<Duration::rep>(*milliseconds));
}

std::optional<ByteCount> parse_size(std::string_view text) noexcept {
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
    return parse(text, std::array<Unit, 1>{{{"", 1}}});
  }
  return parse(text, kSizes);
}

std::string format_duration(Duration duration) {
  return format(static_cast<std::uint64_t>(duration.count()), kDurations, "0s");
}

std::string format_size(ByteCount bytes) {
  return format(bytes, kSizes, "0B");
}

}  // namespace millrace
