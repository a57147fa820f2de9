#include "net/control_tasks.hpp"

#include <mutex>
#include <utility>

namespace millrace {

// Recursive, so that an owner may be destroyed by one of its own tasks.
struct ControlTasks::Gate {
  std::recursive_mutex mutex;
  bool open = true;
};

ControlTasks::ControlTasks(Scheduler& scheduler)
    : scheduler_(scheduler), gate_(std::make_shared<Gate>()) {}

ControlTasks::~ControlTasks() {
  close();
}

void ControlTasks::post(Scheduler::Task task) {
  scheduler_.post(guarded(std::move(task)));
}

Scheduler::TimerId ControlTasks::after(std::chrono::milliseconds delay, Scheduler::Task task) {
  return scheduler_.after(delay, guarded(std::move(task)));
}

void ControlTasks::cancel(Scheduler::TimerId timer) {
  scheduler_.cancel(timer);
}

void ControlTasks::close() {
  const std::lock_guard lock(gate_->mutex);
  gate_->open = false;
}

Scheduler::Task ControlTasks::guarded(Scheduler::Task task) const {
  return [gate = gate_, task = std::move(task)] {
    const std::lock_guard lock(gate->mutex);
    if (gate->open) task();
  };
}

}  // namespace millrace
