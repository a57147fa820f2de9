// What a running process takes, as the kernel says it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ratio>
#include <vector>

namespace millrace::test {

struct ProcessFigures {
  std::chrono::steady_clock::time_point at;
  std::uint64_t own_bytes = 0;  ///< RssAnon + RssShmem
  std::size_t descriptors = 0;
  std::size_t threads = 0;
};

/// Nothing where there is no such process any more.
[[nodiscard]] std::optional<ProcessFigures> figures_of(pid_t pid);

/// Looks at a process now and then, on a thread of its own while it lives.
class ProcessWatch {
 public:
  ProcessWatch(pid_t pid, std::chrono::milliseconds interval);
  ~ProcessWatch();
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;

  /// Looks no more. What was seen, in order.
  [[nodiscard]] std::vector<ProcessFigures> stop();
  [[nodiscard]] std::uint64_t most_bytes();  ///< the same, the most of `own_bytes`

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;
};

/// The slope of `value` over time by least squares, per hour.
template <typename Value>
[[nodiscard]] double slope_per_hour(const std::vector<ProcessFigures>& figures, Value value) {
  if (figures.size() < 2) return 0;
  double mean_time = 0;
  double mean_value = 0;
  const auto count = static_cast<double>(figures.size());
  const auto hours = [&](const ProcessFigures& each) {
    return std::chrono::duration<double, std::ratio<3600>>(each.at - figures.front().at).count();
  };
  for (const auto& each : figures) {
    mean_time += hours(each) / count;
    mean_value += static_cast<double>(value(each)) / count;
  }
  double covariance = 0;
  double variance = 0;
  for (const auto& each : figures) {
    covariance += (hours(each) - mean_time) * (static_cast<double>(value(each)) - mean_value);
    variance += (hours(each) - mean_time) * (hours(each) - mean_time);
  }
  return variance == 0 ? 0 : covariance / variance;
}

}  // namespace millrace::test
