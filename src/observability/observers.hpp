// Observers: one observer that is several.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "millrace/observer.hpp"

namespace millrace {

/// Tells each of a fixed list, in its order.
///
/// Threads: as `Observer`. Lifetime: those in the list outlive it.
class Observers final : public Observer {
 public:
  explicit Observers(std::vector<Observer*> list) : list_(std::move(list)) {}

  void chunk_received(const Chunk& chunk) override;
  void chunk_stored(std::size_t bytes, std::chrono::nanoseconds took) override;
  void chunk_skipped(std::string_view stream) override;
  void frame_cut(const Frame& frame) override;
  void work_started(const Frame& frame, const Attempt& attempt) override;
  void work_finished(const Frame& frame, const Attempt& attempt, const Verdict& verdict) override;
  void retry_scheduled(const Frame& frame, std::chrono::milliseconds delay) override;
  void work_overran(const Frame& frame, const Attempt& attempt) override;
  void overrun_ended(const Frame& frame, const Attempt& attempt) override;
  void processing_changed(const ProcessingState& state) override;
  void worker_said(unsigned worker, const EventId* event, const std::string& line) override;
  void worker_restarted(unsigned worker) override;
  void outcome_emitted(const Outcome& outcome) override;
  void outcome_filtered(const Outcome& outcome) override;
  void outcome_dropped(const Outcome& outcome) override;
  void outcome_replaced(const Outcome& outcome) override;
  void broker_refused(RefusedBy by, int code) override;
  void clients_changed(std::size_t count) override;
  void outcome_confirmed(std::uint64_t number) override;
  void connection_changed(End end, const ConnectionState& state) override;
  void paused(bool now) override;
  void journal_changed(const JournalState& state) override;
  void stopping() override;
  void notice(const Notice& notice) override;

 private:
  const std::vector<Observer*> list_;
};

}  // namespace millrace
