#include "journal/segment.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace millrace {
namespace {

constexpr std::string_view kPrefix = "segment-";
constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kDigits = 20;

}  // namespace

std::string segment_name(std::uint64_t number) {
  const auto digits = std::to_string(number);
  std::string name(kPrefix);
  name.append(kDigits - digits.size(), '0').append(digits).append(kSuffix);
  return name;
}

std::optional<std::uint64_t> segment_number(std::string_view name) {
  if (name.size() != kPrefix.size() + kDigits + kSuffix.size()) return std::nullopt;
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  const std::string digits(name.substr(kPrefix.size(), kDigits));
  std::uint64_t number = 0;
  const auto end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, number);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return number;
}

void SegmentList::extend(std::uint64_t end, const SegmentInfo& next, std::uint64_t written) {
  const std::lock_guard lock(mutex_);
  if (!segments_.empty()) segments_.back().end = end;
  segments_.push_back(next);
  written_.store(written, std::memory_order_release);
}

std::optional<SegmentExtent> SegmentList::at_or_after(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::lower_bound(
      segments_.begin(), segments_.end(), number,
      [](const SegmentInfo& segment, std::uint64_t wanted) { return segment.number < wanted; });
  if (found == segments_.end()) return std::nullopt;
  return SegmentExtent{.number = found->number,
                       .log_end = found->end.value_or(written_.load(std::memory_order_acquire)),
                       .complete = found->end.has_value()};
}

std::vector<SegmentInfo> SegmentList::take_before(Offset needed) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  while (count + 1 < segments_.size() && segments_[count + 1].first_offset <= needed) ++count;
  const auto end = segments_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<SegmentInfo> taken(segments_.begin(), end);
  segments_.erase(segments_.begin(), end);
  return taken;
}

void SegmentList::shrunk(std::uint64_t number, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  for (auto& segment : segments_) {
    if (segment.number == number) segment.bytes = bytes;
  }
}

std::uint64_t SegmentList::bytes() const {
  const std::lock_guard lock(mutex_);
  return std::accumulate(
      segments_.begin(), segments_.end(), std::uint64_t{0},
      [](std::uint64_t sum, const SegmentInfo& segment) { return sum + segment.bytes; });
}

std::vector<SegmentInfo> SegmentList::all() const {
  const std::lock_guard lock(mutex_);
  return segments_;
}

}  // namespace millrace
