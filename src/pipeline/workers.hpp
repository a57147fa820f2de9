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
  Workers(Processor& processor, unsigned workers, Duration timeout, Observer& observer);

  /// One attempt at the frame. Never throws.
  [[nodiscard]] Verdict call(const FramePtr& frame, unsigned attempt) noexcept;

  /// Requests the stop of calls past their deadline, and reports those that have taken twice their
  /// timeout. To be called every `watch_interval()`.
  void watch();
  [[nodiscard]] Duration watch_interval() const noexcept;

 private:
  struct alignas(64) Slot {
    std::atomic<bool> taken = false;
    std::mutex mutex;  // over all below
    std::stop_source stop;
    FramePtr frame;  // null while no call is under way
    Attempt attempt;
    bool late = false;     // past its deadline
    bool overran = false;  // past twice its timeout
  };

  Slot& take_slot();
  Attempt begin(Slot& slot, const FramePtr& frame, unsigned number);
  void end(Slot& slot);

  Processor& processor_;
  const Duration timeout_;
  Observer& observer_;
  std::vector<Slot> slots_;
};

}  // namespace millrace
