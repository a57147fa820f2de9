#include "pipeline/workers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <latch>
#include <thread>

namespace millrace {
namespace {

using namespace std::chrono_literals;

class CallingProcessor final : public Processor {
 public:
  std::function<Verdict(const Attempt&)> function;
  Verdict process(const Frame&, const Attempt& attempt) override { return function(attempt); }
};

class WorkersTest : public ::testing::Test {
 protected:
  std::string failure_of(const Verdict& verdict) { return std::get<Failed>(verdict).cause; }
  CallingProcessor processor_;
  Observer observer_;
  FramePtr frame_ = std::make_shared<Frame>();
};

TEST_F(WorkersTest, TurnExceptionsIntoFailures) {
  Workers workers(processor_, 1, 1s, observer_);
  processor_.function = [](const Attempt&) -> Verdict { throw std::runtime_error("broken"); };
  EXPECT_EQ(failure_of(workers.call(frame_, 1)), "exception: broken");
  processor_.function = [](const Attempt&) -> Verdict { throw 42; };
  EXPECT_EQ(failure_of(workers.call(frame_, 1)), "exception of an unknown type");
}

TEST_F(WorkersTest, GiveALateCallItsStopAndTheNextOneAFreshToken) {
  Workers workers(processor_, 1, 1ms, observer_);
  std::latch begun{1};
  processor_.function = [&](const Attempt& attempt) -> Verdict {
    begun.count_down();
    while (!attempt.stop.stop_requested()) std::this_thread::yield();
    return Failed{"stopped"};
  };
  std::jthread caller([&] { EXPECT_EQ(failure_of(workers.call(frame_, 1)), "stopped"); });
  begun.wait();
  std::jthread watcher([&](std::stop_token done) {
    while (!done.stop_requested()) workers.watch();
  });
  caller.join();
  watcher.request_stop();
  watcher.join();
  processor_.function = [](const Attempt& attempt) -> Verdict {
    return attempt.stop.stop_requested() ? Verdict{Failed{"stopped at once"}} : Verdict{Filtered{}};
  };
  EXPECT_TRUE(std::holds_alternative<Filtered>(workers.call(frame_, 1)));
}

}  // namespace
}  // namespace millrace
