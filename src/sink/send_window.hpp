// SendWindow: what was accepted and is not confirmed, in order, and what to send next.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>

#include "millrace/outcome.hpp"

namespace millrace {

/// Go-back-N: after a loss everything unconfirmed is sent again, in order, from the oldest.
///
/// What the receiver refuses for a reason that can pass is held, and nothing younger is sent until
/// it is confirmed: at most what was under way with it (the limit less one) overtakes it. To try
/// again, the oldest one held goes alone; when it gets through, so does the rest.
///
/// Pure: no clock, no I/O. Threads: one at a time.
class SendWindow {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Sequence = std::uint64_t;

  /// One thing to send.
  struct Item {
    Sequence sequence = 0;
    OutcomePtr outcome;
    /// Bytes that a dead letter may have.
    std::size_t letter_limit = std::numeric_limits<std::size_t>::max();
  };

  void add(OutcomePtr outcome);

  /// May be sent now: up to `limit` unconfirmed ones at a time.
  void open(std::size_t limit);

  /// The connection is gone: nothing is under way any more, nothing is held.
  void close();

  /// The next one to send, which counts as under way from `now`.
  [[nodiscard]] std::optional<Item> next(Time now);

  /// It got there. Its outcome's number, or nothing where that is known already.
  std::optional<std::uint64_t> confirm(Sequence sequence);

  /// It was refused, and may pass later.
  void hold(Sequence sequence);

  /// It did not leave; or it was refused for good and leaves in another form, in the same place.
  void replace(Item item);

  /// Lets the oldest one held be tried again.
  void probe();

  [[nodiscard]] bool holding() const noexcept { return barrier_.has_value(); }

  /// The one with this number if it is under way.
  [[nodiscard]] std::optional<Item> under_way(Sequence sequence) const;

  /// Since when the oldest one under way is.
  [[nodiscard]] std::optional<Time> oldest_sent() const;

 private:
  enum class State { waiting, sent, held, confirmed };
  struct Entry {
    OutcomePtr outcome;
    std::size_t letter_limit = std::numeric_limits<std::size_t>::max();
    State state = State::waiting;
    bool probing = false;
    Time sent{};
  };

  [[nodiscard]] Entry* find(Sequence sequence);
  void change(Entry& entry, State state);
  void wait_again(Sequence sequence, Entry& entry);
  void release_held();
  void find_barrier();

  std::deque<Entry> entries_;
  Sequence first_ = 0;   // of entries_.front()
  Sequence cursor_ = 0;  // nothing before it waits
  std::size_t under_way_ = 0;
  std::size_t limit_ = 0;            // 0: closed
  std::optional<Sequence> barrier_;  // the oldest one that is held or tried again
};

}  // namespace millrace
