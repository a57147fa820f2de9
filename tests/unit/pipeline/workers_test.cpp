#include "pipeline/workers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <latch>
#include <thread>

#include "support/temp_folder.hpp"

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

class OverrunTest : public WorkersTest, public Observer {
 protected:
  static constexpr EventId kId{7, 3, 0};

  OverrunTest() {
    auto frame = std::make_shared<Frame>();
    frame->id = kId;
    frame_ = frame;
    processor_.function = [this](const Attempt&) -> Verdict {
      begun_.count_down();
      go_.wait();
      return Filtered{};
    };
  }
  void work_overran(const Frame&, const Attempt&) override { ++overran_; }
  void overrun_ended(const Frame&, const Attempt&) override { --overran_; }

  Folder folder() const { return {temp_.path().string(), std::make_shared<FileLayer>(), false}; }
  std::size_t marks() const {
    return std::get<CrashMarks>(read_crash_slots(folder(), kId.epoch)).marks.size();
  }

  std::latch begun_{1};
  std::latch go_{1};
  int overran_ = 0;
  const test::TempFolder temp_;
};

TEST_F(OverrunTest, AccusesTheFrameUntilItsCallReturns) {
  Evidence evidence(folder(), {.epoch = kId.epoch, .workers = 2});
  Workers workers(processor_, 2, 1ms, *this, &evidence);
  std::jthread caller([&] { (void)workers.call(frame_, 1); });
  begun_.wait();
  EXPECT_EQ(marks(), 0U) << "not before it is late";
  while (overran_ == 0) workers.watch();
  EXPECT_EQ(marks(), 1U);
  go_.count_down();
  caller.join();
  EXPECT_EQ(overran_, 0);
  EXPECT_EQ(marks(), 0U);
}

// Such as after SIGSTOP and SIGCONT: the call had no more time than this thread.
TEST_F(OverrunTest, IsNotSeenInTimeInWhichNothingRan) {
  constexpr auto kTimeout = 60ms;
  Workers workers(processor_, 1, kTimeout, *this);
  std::jthread caller([&] { (void)workers.call(frame_, 1); });
  begun_.wait();
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() < begin + 3 * kTimeout) std::this_thread::yield();
  workers.watch();
  EXPECT_EQ(overran_, 0);
  while (overran_ == 0) workers.watch();
  go_.count_down();
}

}  // namespace
}  // namespace millrace
