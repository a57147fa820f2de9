// Latencies: how long events take, stage by stage.
#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <string_view>

#include "observability/event_trace.hpp"
#include "observability/histogram.hpp"
#include "observability/recent_latency.hpp"

namespace millrace {

/// The parts that an event's time falls into, and the whole of it.
enum class Span {
  journal,  ///< received → cut
  queue,    ///< cut → its first attempt begins
  work,     ///< → its last attempt ends, waiting for retries included
  order,    ///< → its turn
  confirm,  ///< → confirmed
  total     ///< received → confirmed
};

inline constexpr std::array<std::string_view, 6> kSpanNames{"journal", "queue",   "work",
                                                            "order",   "confirm", "total"};

/// Histograms since the start, and percentiles of the last minute.
///
/// Threads: any.
class Latencies {
 public:
  using Clock = EventTrace::Clock;
  using Histograms = std::array<Histogram::Report, kSpanNames.size()>;
  using Percentiles = std::array<RecentLatency::Percentiles, kSpanNames.size()>;

  /// `now` is the time of the event's confirmation.
  void add(const EventTrace& trace, std::chrono::system_clock::time_point now);

  [[nodiscard]] Histograms histograms() const;
  [[nodiscard]] Percentiles percentiles(Clock::time_point now) const;

 private:
  // From 100 µs on.
  Histogram fresh() const { return Histogram(std::span(kBounds).subspan(6)); }

  std::array<Histogram, kSpanNames.size()> histograms_{fresh(), fresh(), fresh(),
                                                       fresh(), fresh(), fresh()};
  mutable std::mutex mutex_;
  std::array<RecentLatency, kSpanNames.size()> recent_;
};

}  // namespace millrace
