// Log: one line for each thing that matters.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "millrace/config.hpp"
#include "millrace/observer.hpp"

namespace millrace {

/// Writes what happens as lines with a time (UTC), a level, a component and a text; also the
/// event's id, the attempt, and how many alike were left out before it, where there is such a
/// thing.
///
///     2026-01-31T12:00:00.123Z info source: subscribed to events/#
///     {"time":"2026-01-31T12:00:00.123Z","level":"info","component":"source","text":"subscribed
///     …"}
///
/// From level info up nothing is written for an event that goes well, and each cause is limited in
/// its rate (`RateLimit`). Payload bytes are written at no level,
/// but for what worker processes themselves write on their standard error.
/// Threads: as `Observer`. Errors: a line that cannot be written is lost.
class Log final : public Observer {
 public:
  using SteadyNow = std::function<std::chrono::steady_clock::time_point()>;
  using SystemNow = std::function<std::chrono::system_clock::time_point()>;

  /// To stderr.
  explicit Log(const LogConfig& config);

  /// To `out`, which outlives it, by the given clocks.
  Log(const LogConfig& config, std::ostream& out, SteadyNow steady, SystemNow system);

  /// Says what has been left out and was not yet said.
  ~Log() override;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Writes from now on what is at least so severe. On any thread.
  void set_level(LogLevel level);

  /// Says what has been left out of causes that have not come up since. From time to time.
  void report_left_out();

  void frame_cut(const Frame& frame) override;
  void work_started(const Frame& frame, const Attempt& attempt) override;
  void work_finished(const Frame& frame, const Attempt& attempt, const Verdict& verdict) override;
  void retry_scheduled(const Frame& frame, std::chrono::milliseconds delay) override;
  void work_overran(const Frame& frame, const Attempt& attempt) override;
  void overrun_ended(const Frame& frame, const Attempt& attempt) override;
  void processing_changed(const ProcessingState& state) override;
  void worker_said(unsigned worker, const EventId* event, const std::string& line) override;
  void outcome_emitted(const Outcome& outcome) override;
  void outcome_filtered(const Outcome& outcome) override;
  void outcome_dropped(const Outcome& outcome) override;
  void outcome_confirmed(std::uint64_t number) override;
  void connection_changed(End end, const ConnectionState& state) override;
  void paused(bool now) override;
  void journal_changed(const JournalState& state) override;
  void notice(const Notice& notice) override;

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

}  // namespace millrace
