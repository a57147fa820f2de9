// What the pool does on its own thread.
#include <poll.h>

#include <algorithm>
#include <utility>

#include "exec/worker_pool.hpp"

namespace millrace {
namespace {

// A process that has waited for work so long has got through its start.
constexpr std::chrono::seconds kSettled{1};
// For each step of ending the processes.
constexpr std::chrono::milliseconds kEndingPatience{1000};

}  // namespace

/// Everything that the thread waits for, made anew each time.
class WorkerPool::Watch {
 public:
  explicit Watch(WorkerPool& pool) {
    add(pool.wake_.fd(), POLLIN);
    add(pool.gone_ ? -1 : pool.spawner_.fd(), 0);
    for (const Slot& slot : pool.slots_) {
      if (slot.process) add(slot.process, !slot.end_seen);
      if (slot.is == Slot::Is::absent && !pool.gone_) wake_at(slot.restarts.next());
      if (slot.is == Slot::Is::idle && slot.restarts.failures() > 0) wake_at(slot.since + kSettled);
    }
    for (const Leaving& leaving : pool.leaving_) {
      add(leaving.process, false);
      wake_at(leaving.until);
    }
  }

  void wait() {
    int timeout = -1;
    if (wake_at_ != Clock::time_point::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake_at_ - Clock::now());
      timeout = static_cast<int>(std::clamp<long long>(left.count(), 0, 3'600'000));
    }
    if (::poll(polled_.data(), polled_.size(), timeout) >= 0) return;
    for (auto& each : polled_) each.revents = 0;  // EINTR
  }

  [[nodiscard]] bool spawner_gone() const { return polled_[1].revents != 0; }

  void read_errors() {
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      if (polled_[2 + 2 * i].revents != 0) processes_[i]->errors().drain();
    }
  }

  [[nodiscard]] std::vector<const WorkerProcess*> ended() const {
    std::vector<const WorkerProcess*> list;
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      if (polled_[3 + 2 * i].revents != 0) list.push_back(processes_[i].get());
    }
    return list;
  }

 private:
  void add(int fd, short events) { polled_.push_back({fd, events, 0}); }
  void add(std::shared_ptr<WorkerProcess> process, bool its_end) {
    add(process->errors().fd(), POLLIN);
    add(its_end ? process->status_fd() : -1, POLLIN);
    processes_.push_back(std::move(process));
  }
  void wake_at(Clock::time_point time) { wake_at_ = std::min(wake_at_, time); }

  std::vector<pollfd> polled_;
  std::vector<std::shared_ptr<WorkerProcess>> processes_;
  Clock::time_point wake_at_ = Clock::time_point::max();
};

void WorkerPool::run() {
  for (;;) {
    while (start_one()) {
    }
    tell_state();
    std::optional<Watch> watch;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      watch.emplace(*this);
    }
    watch->wait();
    wake_.clear();
    watch->read_errors();
    if (watch->spawner_gone()) spawner_gone();
    look_after(watch->ended());
  }
}

// One that is lent is the borrower's to deal with: it knows of the event.
void WorkerPool::look_after(const std::vector<const WorkerProcess*>& ended) {
  const std::lock_guard lock(mutex_);
  for (Slot& slot : slots_) {
    if (std::find(ended.begin(), ended.end(), slot.process.get()) == ended.end()) continue;
    slot.end_seen = true;
    if (slot.is == Slot::Is::idle) {
      let_go(slot, slot.process->ended().value_or("has ended"), false);
    }
  }
  const auto now = Clock::now();
  std::erase_if(leaving_, [now](const Leaving& leaving) {
    if (leaving.process->errors().fd() >= 0 && now < leaving.until) return false;
    leaving.process->errors().finish();
    return true;
  });
}

void WorkerPool::tell_state() {
  ProcessingState now;
  {
    const std::lock_guard lock(mutex_);
    for (Slot& slot : slots_) {
      const bool settled = slot.is == Slot::Is::idle && Clock::now() - slot.since >= kSettled;
      if (settled && slot.restarts.failures() > 0) slot.restarts.well();
    }
    now = state();
    if (now.ok == told_.ok && now.reason == told_.reason) return;
    told_ = now;
  }
  events_.changed(now);
}

// Its processes die with it; what they have left behind becomes ours, to be killed.
void WorkerPool::spawner_gone() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(gone_, true)) return;
  }
  changed_.notify_all();
  spawner_.bury();
  events_.broken("exec: the spawner process has ended, and with it all worker processes");
}

void WorkerPool::end_processes() {
  std::vector<std::shared_ptr<WorkerProcess>> processes;
  for (Slot& slot : slots_) {
    if (slot.process) processes.push_back(slot.process);
  }
  for (const auto& process : processes) process->close_input();
  wait_for_ends(processes);
  for (const auto& process : processes) spawner_.end(process->pid());
  wait_for_ends(processes);
  for (const auto& process : processes) process->errors().finish();
  for (const Leaving& leaving : leaving_) leaving.process->errors().finish();
}

void WorkerPool::wait_for_ends(const std::vector<std::shared_ptr<WorkerProcess>>& processes) {
  const auto deadline = Clock::now() + kEndingPatience;
  for (;;) {
    std::vector<pollfd> polled;
    for (const auto& process : processes) {
      if (process->ended()) continue;
      polled.push_back({process->status_fd(), POLLIN, 0});
      polled.push_back({process->errors().fd(), POLLIN, 0});
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (polled.empty() || left.count() <= 0) return;
    ::poll(polled.data(), polled.size(), static_cast<int>(left.count()));
    for (const auto& process : processes) process->errors().drain();
  }
}

}  // namespace millrace
