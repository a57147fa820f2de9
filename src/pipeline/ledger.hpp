// Ledger: which frames are in flight, which are done, and what a commit record may say of it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "millrace/journal.hpp"
#include "millrace/scheduler.hpp"
#include "pipeline/credits.hpp"

namespace millrace {

/// Turns confirmations, which come in any order, into a watermark that passes over no gap.
///
/// A commit record is written at once when nothing is in flight, else after `batch` confirmations
/// in a row or 10 ms, whichever is first; only then do the credits of the frames it covers go back.
/// So no more frames than there are credits can ever be unconfirmed or uncommitted.
///
/// Threads: `cut`, `opened` and `passed` on framing, one at a time; `confirmed` on any.
/// Lifetime: outlives the tasks it gives to `timers`.
class Ledger {
 public:
  struct Events {
    /// Stores what a commit record presupposes; an error as of the commit itself.
    std::function<std::error_code()> before_commit = [] { return std::error_code{}; };
    std::function<void()> committed;              ///< there may be room again
    std::function<void(std::error_code)> failed;  ///< the journal took no commit
  };

  Ledger(Journal& journal, Scheduler& timers, unsigned batch, Events events);

  /// A frame was cut: its bytes begin at `start` and `after` is where reading stands now. `spans`:
  /// it starts in an earlier entry than it ends. Numbers come in order, from 0.
  void cut(const std::string& stream, Point start, Point after, bool spans, Credit credit);

  /// A chunk ended inside a frame of this stream, which starts there.
  void opened(const std::string& stream, Point start);

  /// What had been opened was given up without a frame, having been done before a restart.
  void closed(const std::string& stream);

  /// Entries were read up to `after` without a frame in them.
  void passed(Point after);

  /// Nothing more is owed for this number.
  void confirmed(std::uint64_t number);

  /// Waits until `done()` is true, looking again at every `changed`. False at the deadline.
  [[nodiscard]] bool wait(std::chrono::steady_clock::time_point deadline,
                          const std::function<bool()>& done);

  /// Lets waiters look again.
  void changed();

  /// Writes the commit record that is due, if any. On return none is being written.
  void flush();

 private:
  struct Flight {
    Point after;
    Credit credit;
    bool done = false;
  };
  struct Spanning {  // a frame that starts in an earlier entry than it ends
    std::uint64_t number;
    OpenFrame frame;
  };

  void write_commits(std::unique_lock<std::mutex>& lock);
  Commit next_commit() const;
  void arm_timer();

  Journal& journal_;
  Scheduler& timers_;
  const unsigned batch_;
  const Events events_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Flight> flights_;  // from number first_ on
  std::uint64_t first_ = 0;
  std::size_t done_prefix_ = 0;  // of flights_
  Point passed_;                 // behind the last flight
  bool passed_is_news_ = false;  // no commit says it yet
  std::unordered_map<std::string, Point> open_;
  std::deque<Spanning> spanning_;  // ascending numbers, all in flights_
  bool committing_ = false;
  bool due_ = false;
  bool timer_armed_ = false;
};

}  // namespace millrace
