#include "net/control_tasks.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <thread>

namespace millrace {
namespace {

// Runs nothing by itself.
class HandScheduler final : public Scheduler {
 public:
  void post(Task task) override { tasks.push_back(std::move(task)); }
  TimerId after(std::chrono::milliseconds /*delay*/, Task task) override {
    tasks.push_back(std::move(task));
    return tasks.size();
  }
  void cancel(TimerId timer) override { cancelled = timer; }
  void run_all() {
    while (!tasks.empty()) {
      const auto task = std::move(tasks.front());
      tasks.pop_front();
      task();
    }
  }

  std::deque<Task> tasks;
  TimerId cancelled = 0;
};

TEST(ControlTasks, RunsWhatIsPosted) {
  HandScheduler scheduler;
  ControlTasks tasks(scheduler);
  int runs = 0;
  tasks.post([&] { ++runs; });
  tasks.after(std::chrono::milliseconds(1), [&] { ++runs; });
  scheduler.run_all();
  EXPECT_EQ(runs, 2);
}

TEST(ControlTasks, RunsNothingOnceItsOwnerIsGone) {
  HandScheduler scheduler;
  int runs = 0;
  {
    ControlTasks tasks(scheduler);
    tasks.post([&] { ++runs; });
    tasks.after(std::chrono::milliseconds(1), [&] { ++runs; });
  }
  scheduler.run_all();
  EXPECT_EQ(runs, 0);
}

TEST(ControlTasks, CancelsTheSchedulersTimer) {
  HandScheduler scheduler;
  ControlTasks tasks(scheduler);
  const auto timer = tasks.after(std::chrono::milliseconds(1), [] {});
  tasks.cancel(timer);
  EXPECT_EQ(scheduler.cancelled, timer);
}

TEST(ControlTasks, WaitsForARunningTaskBeforeItIsGone) {
  HandScheduler scheduler;
  auto tasks = std::make_unique<ControlTasks>(scheduler);
  std::promise<void> running;
  std::promise<void> go_on;
  std::atomic<bool> finished = false;
  tasks->post([&] {
    running.set_value();
    go_on.get_future().wait();
    finished = true;
  });
  std::thread runner([&] { scheduler.run_all(); });
  running.get_future().wait();
  std::thread destroyer([&] {
    tasks.reset();
    EXPECT_TRUE(finished);
  });
  go_on.set_value();
  destroyer.join();
  runner.join();
}

TEST(ControlTasks, MayBeDestroyedByItsOwnTask) {
  HandScheduler scheduler;
  std::optional<ControlTasks> tasks(scheduler);
  tasks->post([&] { tasks.reset(); });
  scheduler.run_all();
  EXPECT_FALSE(tasks);
}

}  // namespace
}  // namespace millrace
