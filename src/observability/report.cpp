#include "observability/report.hpp"

#include <algorithm>
#include <numeric>

namespace millrace {

std::uint64_t Report::Done::of(Fate fate) const {
  const auto& counts = by_origin[static_cast<std::size_t>(fate)];
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::uint64_t Report::Done::all_dead_letters() const {
  return std::accumulate(dead_letters.begin(), dead_letters.end(), std::uint64_t{0});
}

std::uint64_t Report::Done::all() const {
  return of(Fate::result) + of(Fate::filtered) + of(Fate::rejected) + of(Fate::failed);
}

std::uint64_t Report::worker_restarts() const {
  return std::accumulate(
      workers.begin(), workers.end(), std::uint64_t{0},
      [](std::uint64_t sum, const Worker& worker) { return sum + worker.restarts; });
}

double Report::oldest_age() const {
  if (!in_flight.oldest_received) return 0;
  return std::max(0.0, std::chrono::duration<double>(now - *in_flight.oldest_received).count());
}

}  // namespace millrace
