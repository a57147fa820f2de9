// Figures: counts what happens.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "millrace/observer.hpp"
#include "observability/event_tracker.hpp"
#include "observability/histogram.hpp"
#include "observability/latencies.hpp"
#include "observability/report.hpp"
#include "observability/worker_activity.hpp"

namespace millrace {

/// Everything that /metrics and /status tell. What happens often costs an atomic increment each;
/// sums, percentiles and rates are made when somebody asks.
///
/// Every event that is done is in exactly one count of `Report::Done`, and is so from its
/// confirmation on.
/// Threads: all methods from any.
class Figures final : public Observer {
 public:
  using Clock = EventTrace::Clock;
  using SystemClock = std::chrono::system_clock;

  static constexpr std::size_t kDeadLetters = 10;  ///< that are remembered

  struct Clocks {
    std::function<Clock::time_point()> steady = Clock::now;
    std::function<SystemClock::time_point()> system = SystemClock::now;
  };

  explicit Figures(unsigned workers) : Figures(workers, Clocks{}) {}
  Figures(unsigned workers, Clocks clocks);

  /// A listener of an `EventTracker`: this event is done.
  void done(const EventTrace& trace);

  /// Takes the sample that rates are made from. To be called about every second.
  void tick();

  /// `in_flight`, `under_way`: of the tracker.
  [[nodiscard]] Report report(InFlight in_flight, std::vector<UnderWay> under_way = {}) const;

  void chunk_stored(std::size_t bytes, std::chrono::nanoseconds took) override;
  void chunk_skipped(std::string_view stream) override;
  void frame_cut(const Frame& frame) override;
  void work_started(const Frame& frame, const Attempt& attempt) override;
  void work_finished(const Frame& frame, const Attempt& attempt, const Verdict& verdict) override;
  void retry_scheduled(const Frame& frame, std::chrono::milliseconds delay) override;
  void worker_restarted(unsigned worker) override;
  void broker_refused(RefusedBy by, int code) override;
  void clients_changed(std::size_t count) override;
  void connection_changed(End end, const ConnectionState& state) override;
  void paused(bool now) override;
  void journal_changed(const JournalState& state) override;
  void stopping() override;

 private:
  using Count = std::atomic<std::uint64_t>;
  struct Sample {
    Clock::time_point at;
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    std::vector<Clock::duration> busy;
  };
  struct Connection {
    bool told = false;
    bool was_connected = false;  // ever
    bool was_ok = false;         // ever
    Report::Connection now;
  };

  [[nodiscard]] Sample sample(Clock::time_point now) const;
  void remember(const EventTrace& trace, SystemClock::time_point now);
  void tell_done(Report& report) const;
  void tell_refusals(Report& report) const;
  void tell_rates(Report& report) const;
  void tell_workers(Report& report, const Sample& now, const Sample& before) const;
  void tell_state(Report& report) const;

  const Clocks clocks_;
  const SystemClock::time_point started_;
  const Clock::time_point started_steady_;

  Count chunks_ = 0;
  Count chunk_bytes_ = 0;
  Count chunks_skipped_ = 0;
  Count frames_ = 0;
  Count frame_bytes_ = 0;
  Count retries_ = 0;
  Count done_ = 0;
  Count dropped_ = 0;
  Count result_bytes_ = 0;
  std::array<std::array<Count, kOriginNames.size()>, kFateNames.size()> fates_{};
  std::array<Count, kFateNames.size()> dead_letters_{};
  std::array<std::array<Count, 256>, kRefusedByNames.size()> refusals_{};  // by code
  Histogram append_{std::span(kBounds).first(19)};                         // to a second
  Latencies latencies_;
  WorkerActivity activity_;
  std::vector<Count> restarts_;

  mutable std::mutex mutex_;  // what changes seldom
  std::array<Connection, 3> connections_;
  std::deque<Sample> samples_;
  std::deque<Report::DeadLetter> last_dead_letters_;
  std::optional<std::size_t> fan_out_clients_;
  JournalState journal_;
  std::uint64_t pauses_ = 0;
  Clock::duration paused_for_{};
  std::optional<Clock::time_point> paused_since_;
  bool stopping_ = false;
};

}  // namespace millrace
