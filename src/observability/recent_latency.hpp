// RecentLatency: percentiles over the last minute.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace millrace {

/// Of durations from a microsecond to some hours, to within 3 %: sixteen buckets for each doubling.
/// Kept in slices of ten seconds, of which the last seven count: 60 to 70 s.
///
/// Memory: about 16 KiB. Threads: none of its own; one caller at a time.
class RecentLatency {
 public:
  using Clock = std::chrono::steady_clock;

  /// In seconds; all 0 where there was nothing.
  struct Percentiles {
    double p50 = 0;
    double p90 = 0;
    double p99 = 0;
    double max = 0;
  };

  void add(std::chrono::nanoseconds took, Clock::time_point now);
  [[nodiscard]] Percentiles percentiles(Clock::time_point now) const;

 private:
  static constexpr std::size_t kSlices = 7;
  static constexpr std::size_t kPerDoubling = 16;
  static constexpr std::size_t kDoublings = 34;
  static constexpr std::size_t kBuckets = kPerDoubling * kDoublings;
  using Counts = std::array<std::uint32_t, kBuckets>;

  struct Slice {
    std::int64_t number = -1;  // of ten seconds since the clock's zero
    Counts counts{};
    std::chrono::nanoseconds max{};
  };

  static std::size_t bucket(std::uint64_t nanoseconds) noexcept;
  static double middle(std::size_t bucket) noexcept;

  std::array<Slice, kSlices> slices_;
};

}  // namespace millrace
