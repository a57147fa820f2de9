// Tap: a live view of the events, for those who look on.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "observability/event_trace.hpp"
#include "observability/tap_queue.hpp"

namespace millrace {

/// Gives those who look on copies of what passes.
///
/// Nobody waits for them: a queue that is full leaves events out and counts them. While nobody
/// looks on, an event costs one read of an atomic.
/// Threads: all methods may be called from any.
class Tap final : public Observer {
 public:
  explicit Tap(TapMode mode) : mode_(mode) {}

  /// From now on `queue` gets what it wishes for, as far as `http.tap` allows.
  void join(const TapQueuePtr& queue);
  void leave(const TapQueuePtr& queue);

  /// Nothing more is owed for this event.
  void finished(const EventTrace& trace);

  void chunk_received(const Chunk& chunk) override;
  void frame_cut(const Frame& frame) override;
  void outcome_emitted(const Outcome& outcome) override { keep_payload(outcome); }
  void outcome_filtered(const Outcome& outcome) override { keep_payload(outcome); }
  void outcome_dropped(const Outcome& outcome) override { keep_payload(outcome); }
  void outcome_replaced(const Outcome& outcome) override { keep_payload(outcome); }

 private:
  // Those who look at one stage.
  struct Stage {
    std::atomic<std::size_t> clients = 0;
    std::atomic<std::size_t> with_payloads = 0;
    std::mutex mutex;
    std::vector<TapQueuePtr> queues;
  };

  Stage& stage(TapStage which) { return stages_[static_cast<std::size_t>(which)]; }
  [[nodiscard]] bool shows_payloads(const TapQueue& queue) const;
  void keep_payload(const Outcome& outcome);

  const TapMode mode_;
  std::array<Stage, kTapStages.size()> stages_;
  std::mutex payloads_mutex_;
  // What came of events that are not confirmed yet, by number.
  std::unordered_map<std::uint64_t, std::string> payloads_;
};

}  // namespace millrace
