#include "exec/worker_pool.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

// Longer than any start takes: the spawner answers when the command runs, not when it is ready.
constexpr std::chrono::seconds kStartPatience{10};
// For the end of a lost process's standard error.
constexpr std::chrono::seconds kLastWords{3};

}  // namespace

WorkerPool::WorkerPool(Spawner& spawner, const ProcessingConfig& processing, std::size_t line_bytes,
                       Events events)
    : spawner_(spawner),
      limits_{line_bytes, std::chrono::duration_cast<std::chrono::seconds>(processing.limits.cpu)},
      events_(std::move(events)),
      slots_(processing.workers,
             Slot{.restarts = Restarts(processing.backoff, processing.backoff_max)}),
      thread_([this] { run(); }) {
  ::pthread_setname_np(thread_.native_handle(), "exec");
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.raise();
  thread_.join();
  end_processes();
}

bool WorkerPool::proven() const {
  const std::lock_guard lock(mutex_);
  return proven_;
}

unsigned WorkerPool::number_of(const Slot& slot) const noexcept {
  return static_cast<unsigned>(&slot - slots_.data());
}

std::variant<WorkerPool::Lent, WorkerPool::None> WorkerPool::take(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  for (;;) {
    auto choice = choose(lock, deadline);
    if (auto* none = std::get_if<None>(&choice)) return std::move(*none);
    Slot& slot = *std::get<Slot*>(choice);
    auto unfit = slot.process->unfit();
    if (!unfit) {
      slot.is = Slot::Is::busy;
      return Lent{number_of(slot), slot.process};
    }
    let_go(slot, *unfit, false);
  }
}

// There are as many slots as workers, so one that nobody uses is there: idle, or to be started.
std::variant<WorkerPool::Slot*, WorkerPool::None> WorkerPool::choose(
    std::unique_lock<std::mutex>& lock, Clock::time_point deadline) {
  for (;;) {
    if (gone_) return None{"the spawner process has ended", std::chrono::seconds(1)};
    auto next = Clock::time_point::max();
    for (Slot& slot : slots_) {
      if (slot.is == Slot::Is::idle) return &slot;
      if (slot.is == Slot::Is::starting) next = Clock::time_point::min();
      if (slot.is == Slot::Is::absent) next = std::min(next, slot.restarts.next());
    }
    const auto now = Clock::now();
    if (next > now) return None{cause_, std::chrono::ceil<Duration>(next - now)};
    if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) {
      return None{"no worker process could be started in time", Duration(0)};
    }
  }
}

void WorkerPool::replied(const Lent& lent, bool fit) {
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    Slot& slot = slots_[lent.worker];
    tell = slot.restarts.failures() > 0 || !proven_;
    proven_ = true;
    slot.restarts.well();
    if (!fit) {
      let_go(slot, "wrote more than one line for an event", false);
    } else if (slot.end_seen) {
      let_go(slot, slot.process->ended().value_or("has ended"), false);
    } else {
      slot.is = Slot::Is::idle;
      slot.since = Clock::now();
    }
  }
  if (tell) wake_.raise();
  changed_.notify_one();
}

void WorkerPool::lost(const Lent& lent, const std::string& why, bool charged) {
  const std::lock_guard lock(mutex_);
  let_go(slots_[lent.worker], why, charged);
}

void WorkerPool::let_go(Slot& slot, const std::string& why, bool charged) {
  spawner_.end(slot.process->pid());
  const auto now = Clock::now();
  slot.restarts.lost(charged, now);
  leaving_.push_back({number_of(slot), std::move(slot.process), now + kLastWords});
  slot.process.reset();
  slot.is = Slot::Is::absent;
  if (!charged) {
    cause_ = "worker process " + std::to_string(number_of(slot)) + " " + why;
    events_.warning(cause_ + "; it is replaced");
  }
  wake_.raise();
}

// False where none has to be started now.
bool WorkerPool::start_one() {
  Slot* due = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    const auto at = std::find_if(slots_.begin(), slots_.end(), [now](const Slot& slot) {
      return slot.is == Slot::Is::absent && slot.restarts.next() <= now;
    });
    if (gone_ || stopping_ || at == slots_.end()) return false;
    due = &*at;
    due->is = Slot::Is::starting;
  }
  settle(*due, spawner_.start(number_of(*due), Clock::now() + kStartPatience));
  changed_.notify_all();
  return true;
}

void WorkerPool::settle(Slot& slot, std::variant<Spawner::Started, Spawner::NotStarted> result) {
  const unsigned worker = number_of(slot);
  const auto hear = [this, worker](const EventId* event, const std::string& line) {
    events_.said(worker, event, line);
  };
  const std::lock_guard lock(mutex_);
  if (auto* started = std::get_if<Spawner::Started>(&result)) {
    slot.process = std::make_shared<WorkerProcess>(std::move(*started), limits_, hear);
    slot.restarts.started();
    if (std::exchange(slot.used, true)) events_.restarted(worker);
    slot.end_seen = false;
    slot.is = Slot::Is::idle;
    slot.since = Clock::now();
    return;
  }
  cause_ = std::get<Spawner::NotStarted>(result).why;
  slot.is = Slot::Is::absent;
  slot.restarts.not_started(Clock::now());
}

// Work can be done unless every place has failed, or any while it is not known that the command
// works at all.
ProcessingState WorkerPool::state() const {
  const auto failing = std::count_if(slots_.begin(), slots_.end(),
                                     [](const Slot& slot) { return slot.restarts.failures() > 0; });
  if (gone_) return {false, "the spawner process has ended"};
  if (failing == 0) return {};
  if (proven_ && static_cast<std::size_t>(failing) < slots_.size()) return {};
  return {false, cause_ + "; events wait until it works"};
}

}  // namespace millrace
