// DemoView: what `millrace demo` shows.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <string>

#include "millrace/config.hpp"
#include "millrace/observer.hpp"

namespace millrace {

/// What a demo does.
struct DemoArguments {
  Duration interval{1000};  ///< between events
  Duration work{5000};      ///< for each event
  std::uint64_t events = 10;
  unsigned workers = 5;
};

/// Writes a line for each event that is submitted, started, finished, and for its result, as it
/// happens, and at the end how long all of it took.
///
/// Threads: as `Observer`. Lifetime: `out` outlives it.
class DemoView final : public Observer {
 public:
  using Clock = std::chrono::steady_clock;

  /// Times are counted from here on, by `now`.
  DemoView(const DemoArguments& arguments, std::ostream& out, bool colour,
           std::function<Clock::time_point()> now = Clock::now);

  /// What is going to happen.
  void begin();

  /// What has happened: the time it took, beside the time that one worker would have needed.
  void end();

  void frame_cut(const Frame& frame) override;
  void work_started(const Frame& frame, const Attempt& attempt) override;
  void work_finished(const Frame& frame, const Attempt& attempt, const Verdict& verdict) override;
  void outcome_emitted(const Outcome& outcome) override;
  void notice(const Notice& notice) override;

 private:
  enum class Step { submitted, started, finished, result };

  void line(Step step, const Frame& frame, const std::string& what);

  const DemoArguments arguments_;
  const bool colour_;
  const std::function<Clock::time_point()> now_;
  const Clock::time_point start_;
  std::mutex mutex_;
  std::ostream& out_;
  std::uint64_t results_ = 0;
  std::uint64_t out_of_order_ = 0;
  Clock::time_point last_;
};

}  // namespace millrace
