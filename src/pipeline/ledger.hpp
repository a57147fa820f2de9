// Ledger: which frames are in flight, which are done, and what a commit record may say of it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

#include "millrace/config.hpp"
#include "millrace/journal.hpp"
#include "millrace/scheduler.hpp"
#include "pipeline/credits.hpp"

namespace millrace {

/// What a commit record says of frames that are done before older ones.
struct Overtaking {
  bool listed = false;  ///< it lists them; else only the watermark counts
  /// Frames from the watermark on, done or not, at most: what bounds that list and what a restart
  /// looks at again.
  std::uint64_t span = std::numeric_limits<std::uint64_t>::max();

  /// `processing.order: global` lists none, as none is emitted. Else the span is sixteen times
  /// `limits.in_flight`, and at most 4096 more than that: a record has twelve bytes for each.
  [[nodiscard]] static Overtaking of(const Config& config);
};

/// Turns confirmations, which come in any order, into a watermark that passes over no gap.
///
/// A commit record is written at once when nothing is in flight, else after `batch` confirmations
/// that a record can cover or 10 ms, whichever is first; only then do the credits of the frames it
/// covers go back. So no more frames than there are credits can ever be unconfirmed or uncommitted.
///
/// Threads: `cut`, `opened`, `passed_over`, `broken` and so on, `passed` on framing, one at a time;
/// `confirmed` and `has_room` on any. Lifetime: outlives the tasks it gives to `timers`.
class Ledger {
 public:
  struct Events {
    /// Stores what a commit record presupposes; an error as of the commit itself.
    std::function<std::error_code()> before_commit = [] { return std::error_code{}; };
    std::function<void()> committed;              ///< there may be room again
    std::function<void(std::error_code)> failed;  ///< the journal took no commit
    std::function<void()> has_room = [] {};       ///< `has_room` is true again
  };

  Ledger(Journal& journal, Scheduler& timers, unsigned batch, Events events,
         Overtaking overtaking = {});

  /// A frame was cut: its bytes begin at `start` and `after` is where reading stands now. `spans`:
  /// it starts in an earlier entry than it ends. Numbers come in order, from 0.
  void cut(const std::string& stream, Point start, Point after, bool spans, Credit credit);

  /// A chunk ended inside a frame of this stream, which starts there.
  void opened(const std::string& stream, Point start);

  /// As `cut`, of a frame that was done before a restart and gets no number; `passed` is still to
  /// be told.
  void passed_over(const std::string& stream, Point start, Point after, bool spans);

  /// Nothing more is read of the stream until it has `ended`: its frame that is done where reading
  /// stands `after` was the last one, `last_read` its last entry by then. Commit records say so.
  void broken(const std::string& stream, Offset last_read, Point after);

  /// A broken stream has come to its end in the entry before `after`.
  void ended(const std::string& stream, Point after);

  /// Entries were read up to `after` without a frame in them.
  void passed(Point after);

  /// False while the span is used up: no frame may be cut. Never while nothing is in flight.
  [[nodiscard]] bool has_room() const noexcept { return !full_.load(std::memory_order_acquire); }

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
    Point start;
    Point after;
    std::uint64_t passed_over = 0;  // frames between the flight before and this one
    Credit credit;
    bool done = false;
    bool covered = false;  // by a commit record
  };
  struct Spanning {  // a frame that starts in an earlier entry than it ends
    std::uint64_t number;
    OpenFrame frame;
  };
  struct Overstepped {  // … and was passed over
    Point after;
    OpenFrame frame;
  };

  struct Broken {  // a stream of which nothing more is read
    Offset last_read = 0;
    Point after;
    std::optional<Point> ended;
  };

  void write_commits(std::unique_lock<std::mutex>& lock);
  void add_broken(Commit& commit) const;
  std::size_t coverable() const noexcept;
  Commit next_commit() const;
  Point next_watermark() const;
  std::vector<Credit> cover();
  void forget_prefix(Point watermark);
  bool look_for_room();
  void arm_timer();

  Journal& journal_;
  Scheduler& timers_;
  const unsigned batch_;
  const Events events_;
  const Overtaking overtaking_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Flight> flights_;  // from number first_ on
  std::uint64_t first_ = 0;
  std::size_t done_prefix_ = 0;    // of flights_
  std::size_t uncovered_ = 0;      // of flights_ that are done
  Point watermark_;                // of the last commit
  Point passed_;                   // behind the last flight
  bool passed_is_news_ = false;    // no commit says it yet
  std::uint64_t passed_over_ = 0;  // frames behind the last flight
  Point passed_over_after_;        // the last one's
  std::uint64_t span_ = 0;         // frames behind the watermark
  std::unordered_map<std::string, Point> open_;
  std::unordered_map<std::string, Broken> broken_;
  std::deque<Spanning> spanning_;        // ascending numbers, all in flights_
  std::deque<Overstepped> overstepped_;  // ascending places, behind the watermark
  std::atomic<bool> full_ = false;
  bool committing_ = false;
  bool due_ = false;
  bool timer_armed_ = false;
};

}  // namespace millrace
