// EmitStage: the serial stage that hands outcomes on.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/sink.hpp"
#include "pipeline/job.hpp"

namespace millrace {

/// Gives every outcome its way: to the results, to the dead letters, or nowhere.
///
/// A frame that is left to the next start leaves a gap. In the order `global` nothing may overtake
/// it; in the others, what comes here may.
///
/// Threads: `take` one at a time (the graph's emit node); the counters from any.
class EmitStage {
 public:
  struct Events {
    std::function<void(std::uint64_t number)> settled;  ///< done without anything to send
    std::function<void(const Outcome&)> stopped;        ///< `processing.on_failure: stop`
  };

  EmitStage(Sink& results, Sink& dead_letters, const ProcessingConfig& processing,
            Observer& observer, Events events);

  void take(const Done& done);

  /// True once nothing more is handed on, see `OnFailure::stop` and `Done`.
  [[nodiscard]] bool halted() const noexcept { return halted_.load(); }

  /// Numbers that have come, and those of them that were given to a sink.
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_.load(); }
  [[nodiscard]] std::uint64_t accepted() const noexcept { return accepted_.load(); }

 private:
  void emit(const OutcomePtr& outcome);
  void filter(const OutcomePtr& outcome);
  void fail(const OutcomePtr& outcome);
  void accept(Sink& sink, const OutcomePtr& outcome);

  Sink& results_;
  Sink& dead_letters_;
  const OnFailure on_failure_;
  const bool in_order_;
  Observer& observer_;
  const Events events_;
  std::atomic<bool> halted_ = false;
  std::atomic<std::uint64_t> taken_ = 0;
  std::atomic<std::uint64_t> accepted_ = 0;
};

}  // namespace millrace
