#include "pipeline/workers.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace millrace {
namespace {

Verdict guarded(Processor& processor, const Frame& frame, const Attempt& attempt) noexcept {
  try {
    return processor.process(frame, attempt);
  } catch (const std::exception& error) {
    return Failed{std::string("exception: ") + error.what()};
  } catch (...) {
    return Failed{"exception of an unknown type"};
  }
}

}  // namespace

Workers::Workers(Processor& processor, unsigned workers, Duration timeout, Observer& observer,
                 Evidence* evidence)
    : processor_(processor),
      timeout_(timeout),
      observer_(observer),
      evidence_(evidence),
      slots_(workers) {}

Verdict Workers::call(const FramePtr& frame, unsigned attempt_number) noexcept {
  Slot& slot = take_slot();
  const Attempt attempt = begin(slot, frame, attempt_number);
  observer_.work_started(*frame, attempt);
  Verdict verdict = guarded(processor_, *frame, attempt);
  observer_.work_finished(*frame, attempt, verdict);
  end(slot);
  return verdict;
}

// There are as many slots as calls at a time, so one is free or about to be.
Workers::Slot& Workers::take_slot() {
  for (;;) {
    for (Slot& slot : slots_) {
      if (!slot.taken.load(std::memory_order_relaxed) &&
          !slot.taken.exchange(true, std::memory_order_acquire)) {
        return slot;
      }
    }
  }
}

Attempt Workers::begin(Slot& slot, const FramePtr& frame, unsigned number) {
  const std::lock_guard lock(slot.mutex);
  slot.frame = frame;
  slot.late = slot.overran = false;
  slot.attempt = {.worker = number_of(slot),
                  .number = number,
                  .deadline = std::chrono::steady_clock::now() + timeout_,
                  .stop = slot.stop.get_token()};
  slot.overrun_at = slot.attempt.deadline + timeout_;
  if (evidence_ != nullptr) evidence_->hold(slot.attempt.worker, frame->id, number);
  return slot.attempt;
}

void Workers::end(Slot& slot) {
  {
    const std::lock_guard lock(slot.mutex);
    if (evidence_ != nullptr) evidence_->release(slot.attempt.worker);
    if (slot.overran) observer_.overrun_ended(*slot.frame, slot.attempt);
    slot.frame.reset();
  }
  slot.taken.store(false, std::memory_order_release);
}

unsigned Workers::number_of(const Slot& slot) const noexcept {
  return static_cast<unsigned>(&slot - slots_.data());
}

void Workers::watch() {
  const auto now = std::chrono::steady_clock::now();
  const auto since = now - std::exchange(watched_, now);
  const auto absent = std::max(since - 4 * watch_interval(), std::chrono::nanoseconds(0));
  for (Slot& slot : slots_) {
    std::stop_source late(std::nostopstate);
    {
      const std::lock_guard lock(slot.mutex);
      slot.overrun_at += absent;
      if (!slot.frame || now < slot.attempt.deadline) continue;
      // A used source is replaced only here: making one costs an allocation.
      if (!std::exchange(slot.late, true)) late = std::exchange(slot.stop, std::stop_source());
      if (now >= slot.overrun_at && !std::exchange(slot.overran, true)) {
        if (evidence_ != nullptr) evidence_->overran(slot.attempt.worker);
        observer_.work_overran(*slot.frame, slot.attempt);
      }
    }
    // Outside the lock: it runs the processor's own stop callbacks.
    late.request_stop();
  }
}

Duration Workers::watch_interval() const noexcept {
  return std::clamp(timeout_ / 10, Duration(5), Duration(250));
}

}  // namespace millrace
