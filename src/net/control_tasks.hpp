// ControlTasks: an object's tasks on the control thread, none of which outlives the object.
#pragma once

#include <memory>

#include "millrace/scheduler.hpp"

namespace millrace {

/// Posts to a scheduler on behalf of one owner; what has not run when the owner goes never will.
///
/// Threads: all methods from any. Tasks run on the scheduler's thread, and not beside the
/// destructor: it waits for a running one (unless called from within it).
/// Lifetime: the scheduler outlives it. Declare it first among the members that tasks use.
class ControlTasks {
 public:
  explicit ControlTasks(Scheduler& scheduler);
  ~ControlTasks();
  ControlTasks(const ControlTasks&) = delete;
  ControlTasks& operator=(const ControlTasks&) = delete;

  void post(Scheduler::Task task);
  Scheduler::TimerId after(std::chrono::milliseconds delay, Scheduler::Task task);
  void cancel(Scheduler::TimerId timer);

  /// No task of the owner begins any more; on return none is running elsewhere.
  void close();

 private:
  struct Gate;
  Scheduler::Task guarded(Scheduler::Task task) const;

  Scheduler& scheduler_;
  std::shared_ptr<Gate> gate_;
};

}  // namespace millrace
