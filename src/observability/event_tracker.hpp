// EventTracker: joins what is told of an event into one trace, and knows those under way.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "millrace/observer.hpp"
#include "observability/event_trace.hpp"

namespace millrace {

/// What an event is at, from cut to confirmed.
enum class Stage {
  waiting,    ///< for a worker
  working,    ///< a worker has it
  retrying,   ///< for its next attempt
  turn,       ///< done, but an older one is not
  confirming  ///< for its receiver's confirmation
};

/// `turn` for `Stage::turn`.
[[nodiscard]] std::string_view to_text(Stage stage) noexcept;

/// An event that something is still owed for. Steps that have not come have the time of the last
/// one that has.
struct UnderWay {
  EventTrace so_far;
  Stage stage = Stage::waiting;
  EventTrace::Clock::time_point since;  ///< it has been in this stage
};

/// The oldest event under way, and what waits behind it.
struct HeadOfLine {
  EventId id;
  std::uint64_t number = 0;
  Stage stage = Stage::waiting;
  unsigned worker = 0;              ///< where the stage is `working`
  std::chrono::nanoseconds age{};   ///< since it was cut
  std::size_t results_waiting = 0;  ///< of younger events, for their turn
  std::uint64_t bytes_waiting = 0;  ///< of those results
  std::chrono::nanoseconds lost{};  ///< what they have waited so far, added up
};

/// A worker and the event that it has.
struct WorkUnderWay {
  unsigned worker = 0;
  EventId id;
  unsigned attempt = 1;
  EventTrace::Clock::time_point since;
};

/// The events under way, in figures.
struct InFlight {
  std::size_t events = 0;
  std::uint64_t bytes = 0;  ///< of their frames
  /// When the one that arrived first did; nothing where there are no events.
  std::optional<std::chrono::system_clock::time_point> oldest_received;
  std::optional<HeadOfLine> head;
  std::vector<WorkUnderWay> work;
};

/// Hands a trace of each event to `listeners` when it is confirmed.
///
/// Threads: any. A listener is called on the thread that confirms, with no lock of ours held, and
/// must neither block nor throw.
/// Memory: a few hundred bytes for each event in flight.
class EventTracker final : public Observer {
 public:
  using Clock = EventTrace::Clock;
  using Listener = std::function<void(const EventTrace&)>;

  explicit EventTracker(std::vector<Listener> listeners,
                        std::function<Clock::time_point()> now = Clock::now);

  /// Both look at events one after the other while they go on: what is told of two of them may be
  /// some microseconds apart.
  [[nodiscard]] InFlight in_flight() const;
  /// The oldest ones, by number.
  [[nodiscard]] std::vector<UnderWay> under_way(std::size_t most) const;

  void frame_cut(const Frame& frame) override;
  void work_started(const Frame& frame, const Attempt& attempt) override;
  void work_finished(const Frame& frame, const Attempt& attempt, const Verdict& verdict) override;
  void retry_scheduled(const Frame& frame, std::chrono::milliseconds delay) override;
  void outcome_emitted(const Outcome& outcome) override;
  void outcome_filtered(const Outcome& outcome) override;
  void outcome_dropped(const Outcome& outcome) override;
  void outcome_replaced(const Outcome& outcome) override;
  void outcome_confirmed(std::uint64_t number) override;

 private:
  struct Open {
    UnderWay event;
    bool worked = false;
    bool had_result = false;  // the last attempt
    bool late = false;        // the last attempt
  };
  // Events that are under way together lie in different shards.
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, Open> open;
    std::vector<decltype(open)::node_type> spare;  // kept for the next ones
  };
  static constexpr std::size_t kShards = 16;

  Shard& shard(std::uint64_t number) { return shards_[number % kShards]; }
  template <typename Change>
  void change(std::uint64_t number, Change what);
  static Origin origin_of(const Outcome& outcome, Fate fate, const Open& open);
  void settle(const Outcome& outcome, bool dropped);
  static void add(InFlight& sum, const Open& open, Clock::time_point now);
  void add_waiting(HeadOfLine& head, Clock::time_point now) const;
  [[nodiscard]] std::uint64_t number_before_which(std::size_t most) const;

  const std::vector<Listener> listeners_;
  const std::function<Clock::time_point()> now_;
  std::array<Shard, kShards> shards_;
};

}  // namespace millrace
