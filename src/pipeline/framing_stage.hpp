// FramingStage: the serial stage that turns the journal's entries into numbered frames.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <unordered_map>

#include "dedupe/dedupe.hpp"
#include "millrace/config.hpp"
#include "millrace/framer.hpp"
#include "millrace/journal.hpp"
#include "millrace/observer.hpp"
#include "pipeline/credits.hpp"
#include "pipeline/ledger.hpp"
#include "pipeline/stream_buffer.hpp"

namespace millrace {

/// Reads the journal's tail, gives every stream a framer and every frame its number and its id.
///
/// What it makes depends on the entries and on nothing else, so a replay makes the same frames.
/// What time decides (a partial frame that waits too long) goes into the journal as a cut, and is
/// read from there.
///
/// Where streams are `connections`, those in the backlog have ended with the process that had them,
/// and are cut as soon as the backlog is read. One that has lost bytes out of its middle, because a
/// partial frame waited too long or took too much room, is broken: what follows would be read as
/// if it were a beginning.
///
/// Threads: `next` one at a time (the graph's framing node); the rest from any.
class FramingStage {
 public:
  struct Events {
    std::function<void(const std::string& stream)> stream_broken;  ///< it can't be read further
    std::function<void(std::error_code)> failed;                   ///< the journal
  };

  FramingStage(Journal& journal, Ledger& ledger, Credits& credits,
               std::function<FramerPtr()> make_framer, const FramingConfig& framing,
               const LimitsConfig& limits, Observer& observer, Events events,
               Dedupe* dedupe = nullptr, bool connections = false);

  /// The next frame, entered in the ledger with its credit; or null, and the credit goes back:
  /// there is nothing to cut now, or no room for it. Whether it is a duplicate is decided
  /// here, in the order of the numbers, so that a replay decides the same.
  [[nodiscard]] FramePtr next(Credit credit);

  /// True while `next` may find a frame without a new entry.
  [[nodiscard]] bool leftover() const noexcept { return leftover_.load(std::memory_order_acquire); }

  /// True while a frame that is cut already waits for others: for their bytes to come back, or for
  /// room in the ledger.
  [[nodiscard]] bool blocked() const noexcept { return blocked_.load(std::memory_order_acquire); }

  /// Time has passed in which partial frames could have been continued: the source was connected.
  void waited(Duration time) noexcept;

  /// True while a stream has stopped inside a frame.
  [[nodiscard]] bool has_partials() const noexcept {
    return partial_streams_.load(std::memory_order_acquire) > 0;
  }

  /// Ends every stream that has stopped inside a frame, by cuts in the journal, as soon as nothing
  /// is left to be read.
  void end_streams() noexcept { ending_.store(true, std::memory_order_release); }

  /// Others are done: what was blocked may be tried again.
  void unblock() noexcept { blocked_.store(false, std::memory_order_release); }

 private:
  struct Ready {
    FramePtr frame;
    Point start;
    Point after;
    bool spans = false;
  };

  std::optional<Ready> cut_one();
  bool read_entry();
  void begin(Entry entry);
  void begin_cut(Offset offset, const Cut& cut);
  bool end_inherited();
  void pass_entry(Offset offset);
  void finish_entry();
  std::optional<Ready> number(StreamBuffer& stream, Piece piece, Point after);
  void give_up(StreamBuffer& stream, const std::string& why, Point after, bool breaks);
  void book(StreamBuffer& stream);
  void evict();
  void report_passed();
  bool cut_by_need();
  bool append_cut(const StreamBuffer& stream, CutCause cause);
  Duration waited_so_far() const noexcept;

  Journal& journal_;
  Ledger& ledger_;
  Credits& credits_;
  const std::function<FramerPtr()> make_framer_;
  const FramingConfig framing_;
  const std::uint64_t partial_budget_;
  Observer& observer_;
  const Events events_;
  Dedupe* const dedupe_;
  const bool connections_;
  const Offset inherited_;  // entries below it are an earlier process's

  std::unordered_map<std::string, std::unique_ptr<StreamBuffer>> streams_;
  std::unique_ptr<StreamBuffer> spare_;  // reused: most entries leave nothing behind
  StreamBuffer* active_ = nullptr;       // of the entry that is being cut
  Point after_;                          // where reading stands
  Point reported_;                       // the place that the ledger was told last
  std::deque<Ready> given_up_;           // cut by eviction or by a cut, not yet handed on
  std::optional<Ready> held_;            // cut, but there was no room for it
  std::uint64_t next_number_ = 0;
  std::map<Point, StreamBuffer*> partials_;  // streams that stopped inside a frame, oldest first
  std::uint64_t partial_cost_ = 0;           // of those
  bool inherited_ended_;
  Duration next_scan_{};  // no partial frame is overdue before

  std::atomic<bool> leftover_ = false;
  std::atomic<bool> blocked_ = false;
  std::atomic<std::uint64_t> partial_streams_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<Duration::rep> waited_ = 0;
};

}  // namespace millrace
