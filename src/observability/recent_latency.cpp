#include "observability/recent_latency.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <initializer_list>
#include <utility>

namespace millrace {
namespace {

constexpr std::chrono::seconds kSliceTime{10};
// What is shorter than about a microsecond shares the first bucket.
constexpr int kShortest = 10;  // 2^10 ns
constexpr int kSubBits = 4;    // 2^4 buckets for each doubling

std::int64_t slice_of(RecentLatency::Clock::time_point now) {
  return now.time_since_epoch() / kSliceTime;
}

}  // namespace

std::size_t RecentLatency::bucket(std::uint64_t nanoseconds) noexcept {
  const int doubling = static_cast<int>(std::bit_width(nanoseconds)) - 1;
  if (doubling < kShortest) return 0;
  const auto part = (nanoseconds >> static_cast<unsigned>(doubling - kSubBits)) % kPerDoubling;
  const auto at = static_cast<std::size_t>(doubling - kShortest) * kPerDoubling + part;
  return std::min(at, kBuckets - 1);
}

double RecentLatency::middle(std::size_t bucket) noexcept {
  const auto doubling = static_cast<int>(bucket / kPerDoubling) + kShortest;
  const double part = static_cast<double>(bucket % kPerDoubling) + 0.5;
  return 1e-9 * std::ldexp(1 + part / static_cast<double>(kPerDoubling), doubling);
}

void RecentLatency::add(std::chrono::nanoseconds took, Clock::time_point now) {
  const auto number = slice_of(now);
  Slice& slice = slices_[static_cast<std::size_t>(number) % kSlices];
  if (slice.number != number) slice = Slice{.number = number, .counts = {}, .max = {}};
  const auto positive = std::max(took, std::chrono::nanoseconds::zero());
  ++slice.counts[bucket(static_cast<std::uint64_t>(positive.count()))];
  slice.max = std::max(slice.max, positive);
}

RecentLatency::Percentiles RecentLatency::percentiles(Clock::time_point now) const {
  const auto newest = slice_of(now);
  std::array<std::uint64_t, kBuckets> counts{};
  std::uint64_t all = 0;
  std::chrono::nanoseconds max{};
  for (const Slice& slice : slices_) {
    if (slice.number < 0 || slice.number + static_cast<std::int64_t>(kSlices) <= newest) continue;
    for (std::size_t i = 0; i < kBuckets; ++i) counts[i] += slice.counts[i];
    max = std::max(max, slice.max);
  }
  for (const auto count : counts) all += count;
  Percentiles found;
  found.max = std::chrono::duration<double>(max).count();
  if (all == 0) return found;
  const std::initializer_list<std::pair<double*, double>> wanted{
      {&found.p50, 0.5}, {&found.p90, 0.9}, {&found.p99, 0.99}};
  for (const auto& [value, share] : wanted) {
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all)));
    std::uint64_t passed = 0;
    std::size_t at = 0;
    while (passed + counts[at] < rank) passed += counts[at++];
    *value = std::min(middle(at), found.max);
  }
  return found;
}

}  // namespace millrace
