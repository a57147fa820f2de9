// Workers: the slots in which processors run, and the watch over them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "evidence/evidence.hpp"
#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/processor.hpp"

namespace millrace {

/// Gives every call of the processor a slot, a deadline and a stop token; turns what it throws into
/// a verdict.
///
/// Threads: `call` by at most `workers` threads at once; `watch` by one other.
class Workers {
 public:
  /// `evidence`, where not null, is told which slot works on what.
  Workers(Processor& processor, unsigned workers, Duration timeout, Observer& observer,
          Evidence* evidence = nullptr);

  /// One attempt at the frame. Never throws.
  [[nodiscard]] Verdict call(const FramePtr& frame, unsigned attempt) noexcept;

  /// Requests the stop of calls past their deadline, and reports those that have taken twice their
  /// timeout; time in which this was not called does not count for the latter, as nothing of the
  /// process ran. To be called every `watch_interval()`.
  void watch();
  [[nodiscard]] Duration watch_interval() const noexcept;

 private:
  struct alignas(64) Slot {
    std::atomic<bool> taken = false;
    std::mutex mutex;  // over all below
    std::stop_source stop;
    FramePtr frame;  // null while no call is under way
    Attempt attempt;
    std::chrono::steady_clock::time_point overrun_at;
    bool late = false;     // past its deadline
    bool overran = false;  // past twice its timeout
  };

  Slot& take_slot();
  Attempt begin(Slot& slot, const FramePtr& frame, unsigned number);
  void end(Slot& slot);
  unsigned number_of(const Slot& slot) const noexcept;

  Processor& processor_;
  const Duration timeout_;
  Observer& observer_;
  Evidence* const evidence_;
  std::vector<Slot> slots_;
  std::chrono::steady_clock::time_point watched_ = std::chrono::steady_clock::now();
};

}  // namespace millrace
