#include "observability/recent_latency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "observability/histogram.hpp"

namespace millrace {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Clock = RecentLatency::Clock;

const Clock::time_point kStart{seconds(1000)};

// By the definition: the smallest that a share of all do not exceed.
double exact(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(rank) - 1];
}

TEST(RecentLatencyTest, IsWithinThreePercentOfTheExactPercentiles) {
  std::mt19937 random(3);
  std::lognormal_distribution<double> spread(-7, 3);
  RecentLatency latency;
  std::vector<double> values;
  for (int i = 0; i < 20000; ++i) {
    const double value = std::clamp(spread(random), 2e-6, 5000.0);
    latency.add(nanoseconds(static_cast<std::int64_t>(value * 1e9)), kStart);
    values.push_back(value);
  }
  const auto found = latency.percentiles(kStart);
  EXPECT_NEAR(found.p50 / exact(values, 0.5), 1, 0.032);
  EXPECT_NEAR(found.p90 / exact(values, 0.9), 1, 0.032);
  EXPECT_NEAR(found.p99 / exact(values, 0.99), 1, 0.032);
  EXPECT_NEAR(found.max, exact(values, 1), 1e-8);
}

TEST(RecentLatencyTest, ForgetsAfterAMinute) {
  RecentLatency latency;
  latency.add(seconds(5), kStart);
  latency.add(milliseconds(5), kStart + seconds(60));
  EXPECT_DOUBLE_EQ(latency.percentiles(kStart + seconds(60)).max, 5);
  EXPECT_DOUBLE_EQ(latency.percentiles(kStart + seconds(70)).max, 0.005);
  EXPECT_DOUBLE_EQ(latency.percentiles(kStart + seconds(140)).max, 0);
  // The slice that is written to again was another one's.
  latency.add(milliseconds(1), kStart + seconds(700));
  EXPECT_DOUBLE_EQ(latency.percentiles(kStart + seconds(700)).max, 0.001);
}

TEST(RecentLatencyTest, TakesWhatIsOutOfItsRange) {
  RecentLatency latency;
  EXPECT_EQ(latency.percentiles(kStart).p50, 0);
  latency.add(nanoseconds(-5), kStart);
  EXPECT_EQ(latency.percentiles(kStart).p99, 0);
  latency.add(std::chrono::hours(1000), kStart);
  EXPECT_DOUBLE_EQ(latency.percentiles(kStart).max, 3.6e6);
}

TEST(HistogramTest, CountsUpToEachBoundInclusive) {
  Histogram histogram{std::span(kBounds).first(4)};  // 1, 2, 5, 10 µs
  for (const int us : {1, 2, 3, 5, 6, 11}) histogram.add(microseconds(us));
  const auto report = histogram.report();
  EXPECT_EQ(report.counts, (std::vector<std::uint64_t>{1, 2, 4, 5, 6}));
  EXPECT_NEAR(report.sum, 28e-6, 1e-12);
}

}  // namespace
}  // namespace millrace
