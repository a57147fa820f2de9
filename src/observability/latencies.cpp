#include "observability/latencies.hpp"

#include <algorithm>
#include <cstddef>

namespace millrace {

// The clock of the calendar may be set back, so no time before the event was received counts.
void Latencies::add(const EventTrace& trace, std::chrono::system_clock::time_point now) {
  using std::chrono::nanoseconds;
  const nanoseconds inside = trace.confirmed - trace.cut;
  const nanoseconds total = std::max<nanoseconds>(now - trace.received, inside);
  const std::array<nanoseconds, kSpanNames.size()> spans{total - inside,
                                                         trace.started - trace.cut,
                                                         trace.finished - trace.started,
                                                         trace.emitted - trace.finished,
                                                         trace.confirmed - trace.emitted,
                                                         total};
  for (std::size_t i = 0; i < spans.size(); ++i) histograms_[i].add(spans[i]);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < spans.size(); ++i) recent_[i].add(spans[i], trace.confirmed);
}

Latencies::Histograms Latencies::histograms() const {
  Histograms reports;
  for (std::size_t i = 0; i < reports.size(); ++i) reports[i] = histograms_[i].report();
  return reports;
}

Latencies::Percentiles Latencies::percentiles(Clock::time_point now) const {
  Percentiles found;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < found.size(); ++i) found[i] = recent_[i].percentiles(now);
  return found;
}

}  // namespace millrace
