#include "pipeline/task_thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

namespace millrace {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

TEST(TaskThread, RunsWhatIsPostedInOrderOnOneThread) {
  TaskThread thread("test");
  std::vector<int> order;
  std::promise<void> done;
  thread.post([&] { order.push_back(1); });
  thread.post([&] { order.push_back(2); });
  thread.post([&] { done.set_value(); });
  done.get_future().wait();
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(TaskThread, RunsTimersByTimeNotByOrderOfTheCalls) {
  TaskThread thread("test");
  std::string order;
  std::promise<void> done;
  thread.after(40ms, [&] {
    order += "later";
    done.set_value();
  });
  thread.after(1ms, [&] { order += "sooner "; });
  thread.post([&] { order += "now "; });
  done.get_future().wait();
  EXPECT_EQ(order, "now sooner later");
}

TEST(TaskThread, ForgetsWhatIsCancelled) {
  TaskThread thread("test");
  bool ran = false;
  std::promise<void> done;
  const auto timer = thread.after(5ms, [&] { ran = true; });
  thread.cancel(timer);
  thread.after(10ms, [&] { done.set_value(); });
  done.get_future().wait();
  EXPECT_FALSE(ran);
}

TEST(TaskThread, LetsATaskPostAndCancelFromWithin) {
  TaskThread thread("test");
  std::promise<int> done;
  thread.post([&] {
    const auto timer = thread.after(0ms, [&] { done.set_value(1); });
    thread.cancel(timer);
    thread.post([&] { done.set_value(2); });
  });
  EXPECT_EQ(done.get_future().get(), 2);
}

TEST(TaskThread, RunsNothingAfterItHasStopped) {
  bool ran = false;
  {
    TaskThread thread("test");
    thread.after(24h, [&] { ran = true; });
    thread.stop();
    thread.post([&] { ran = true; });
  }
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace millrace
