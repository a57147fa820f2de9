// Histogram: how often something took how long.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {

/// 1, 2 and 5 of every power of ten from a microsecond on, in seconds.
inline constexpr std::array<double, 27> kBounds{
    1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02,
    0.05, 0.1,  0.2,  0.5,  1,    2,    5,    10,   20,   50,   100,  200,  500};

/// Counts since the start, by upper bound. Adding costs some nanoseconds and takes no lock.
///
/// Threads: any. What is read while others add may lack some of what they do.
class Histogram {
 public:
  /// As Prometheus has it: `counts[i]` are those up to `bounds[i]`, the last one is all of them.
  struct Report {
    std::span<const double> bounds;
    std::vector<std::uint64_t> counts;
    double sum = 0;  ///< seconds
  };

  /// `bounds`: ascending, in seconds, at most as many as `kBounds`; they outlive it.
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds) {}

  void add(std::chrono::nanoseconds took) noexcept {
    const double seconds = std::chrono::duration<double>(took).count();
    const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), seconds) - bounds_.begin();
    counts_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(took.count(), std::memory_order_relaxed);
  }

  [[nodiscard]] Report report() const {
    Report report{bounds_, {}, 1e-9 * static_cast<double>(sum_.load(std::memory_order_relaxed))};
    std::uint64_t all = 0;
    for (std::size_t i = 0; i <= bounds_.size(); ++i) {
      all += counts_[i].load(std::memory_order_relaxed);
      report.counts.push_back(all);
    }
    return report;
  }

 private:
  std::span<const double> bounds_;
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<std::int64_t> sum_ = 0;  // nanoseconds
};

}  // namespace millrace
