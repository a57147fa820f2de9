#include "pipeline/control.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "framing/framers.hpp"
#include "journal/memory_journal.hpp"
#include "pipeline/task_thread.hpp"

namespace millrace {
namespace {

using namespace std::chrono_literals;

/// A source that a test pushes through, and that notes what it is told.
class PushedSource final : public Source {
 public:
  void start(Intake& intake) override {
    note("start");
    const std::lock_guard lock(mutex_);
    intake_ = &intake;
    changed_.notify_all();
  }
  void pause() override { note("pause"); }
  void resume() override { note("resume"); }
  void stop() override { note("stop"); }
  void close_stream(const std::string& stream) override { note("close " + stream); }

  Intake& intake() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return intake_ != nullptr; });
    return *intake_;
  }
  bool wait_for(const std::string& call, std::chrono::milliseconds patience = 20s) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] {
      return std::find(calls_.begin(), calls_.end(), call) != calls_.end();
    });
  }
  std::vector<std::string> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  void note(const std::string& call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  Intake* intake_ = nullptr;
  std::vector<std::string> calls_;
};

/// Confirms at once, unless told to hold.
class HeldSink final : public Sink {
 public:
  void start(Deliveries& deliveries) override { deliveries_ = &deliveries; }
  std::optional<std::string> unfit(const Frame&, const Result&) const override { return {}; }
  void accept(OutcomePtr outcome) override {
    {
      const std::lock_guard lock(mutex_);
      texts.emplace_back(outcome->frame->payload.view());
      if (holding) {
        held_.push_back(outcome->frame->number);
        return;
      }
    }
    deliveries_->confirmed(outcome->frame->number);
  }
  void stop() override { stopped = true; }
  void release() {
    std::vector<std::uint64_t> numbers;
    {
      const std::lock_guard lock(mutex_);
      holding = false;
      numbers.swap(held_);
    }
    for (const auto number : numbers) deliveries_->confirmed(number);
  }
  Deliveries& deliveries() { return *deliveries_; }

  bool holding = false;
  bool stopped = false;
  std::vector<std::string> texts;

 private:
  std::mutex mutex_;
  Deliveries* deliveries_ = nullptr;
  std::vector<std::uint64_t> held_;
};

class EchoProcessor final : public Processor {
 public:
  Verdict process(const Frame& frame, const Attempt&) override { return Result{frame.payload}; }
};

class ControlTest : public ::testing::Test {
 protected:
  void run() {
    journal_ = std::make_unique<MemoryJournal>(config_.limits.in_flight_bytes, 1);
    control_ = std::make_unique<Control>(
        config_,
        ControlParts{source_, sink_, sink_, *journal_, processor_,
                     [this] { return make_framer(config_.framing, config_.limits, false); },
                     scheduler_, observer_});
    runner_ = std::jthread([this] { end_ = control_->run(); });
  }
  std::error_code push(const std::string& bytes) {
    return source_.intake().chunk(
        {.stream = "s", .bytes = Payload(bytes), .properties = nullptr, .received = {}});
  }
  Control::End join() {
    runner_.join();
    return end_;
  }

  Config config_;
  PushedSource source_;
  HeldSink sink_;
  EchoProcessor processor_;
  Observer observer_;
  TaskThread scheduler_{"control"};
  JournalPtr journal_;
  std::unique_ptr<Control> control_;
  std::jthread runner_;
  Control::End end_;
};

TEST_F(ControlTest, StopsInTheOrderInWhichNothingIsLost) {
  run();
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(push(std::to_string(i)));
  control_->request_stop();
  const auto end = join();
  EXPECT_EQ(end.code, ExitCode::clean);
  EXPECT_TRUE(end.orderly);
  EXPECT_EQ(sink_.texts.size(), 100U);
  EXPECT_TRUE(sink_.stopped);
  EXPECT_THAT(source_.calls(), ::testing::ElementsAre("start", "stop"));
}

TEST_F(ControlTest, PausesAtHighWaterAndResumesAtLowWater) {
  config_.limits.in_flight_bytes = 1 << 20;
  sink_.holding = true;
  run();
  int pushed = 0;
  while (!push(std::string(10'000, 'x')) && pushed < 1000) ++pushed;
  EXPECT_TRUE(source_.wait_for("pause"));
  EXPECT_GT(pushed, 80);
  EXPECT_LT(pushed, 110) << "the limit holds although nobody waits for the pause";
  sink_.release();
  EXPECT_TRUE(source_.wait_for("resume"));
  EXPECT_FALSE(push("after"));
  control_->request_stop();
  EXPECT_EQ(join().code, ExitCode::clean);
  EXPECT_EQ(sink_.texts.size(), static_cast<std::size_t>(pushed) + 1);
  EXPECT_EQ(sink_.texts.back(), "after");
}

TEST_F(ControlTest, EndsCleanWhenAFiniteSourceHasEndedAndAllIsConfirmed) {
  run();
  ASSERT_FALSE(push("last"));
  source_.intake().ended("");
  EXPECT_EQ(join().code, ExitCode::clean);
  EXPECT_THAT(sink_.texts, ::testing::ElementsAre("last"));
}

TEST_F(ControlTest, FinishesWhatAFiniteSourceHandedInHoweverLongThatTakes) {
  config_.limits.drain = 10ms;
  sink_.holding = true;
  run();
  for (int i = 0; i < 3; ++i) ASSERT_FALSE(push(std::to_string(i)));
  source_.intake().ended("");
  EXPECT_FALSE(source_.wait_for("stop", 300ms)) << "many times limits.drain";
  sink_.release();
  EXPECT_EQ(join().code, ExitCode::clean);
  EXPECT_EQ(sink_.texts.size(), 3U);
}

TEST_F(ControlTest, GivesAFiniteSourceUpWhenAskedToStop) {
  config_.limits.drain = 10ms;
  sink_.holding = true;
  run();
  ASSERT_FALSE(push("x"));
  source_.intake().ended("");
  control_->request_stop();
  EXPECT_EQ(join().code, ExitCode::failed) << "not confirmed within limits.drain";
  sink_.release();
}

TEST_F(ControlTest, FailsWhenItsSourceEndsEarlyButFinishesWhatCame) {
  run();
  ASSERT_FALSE(push("last"));
  source_.intake().ended("cannot be read further");
  EXPECT_EQ(join().code, ExitCode::failed);
  EXPECT_THAT(sink_.texts, ::testing::ElementsAre("last"));
}

TEST_F(ControlTest, FailsAfterTheDrainTimeWhenTheSinkConfirmsNothing) {
  config_.limits.drain = 50ms;
  sink_.holding = true;
  run();
  ASSERT_FALSE(push("x"));
  control_->request_stop();
  const auto end = join();
  EXPECT_EQ(end.code, ExitCode::failed);
  EXPECT_FALSE(end.orderly);
  sink_.release();
}

TEST_F(ControlTest, FailsWhenASinkCanDeliverNothingAnyMore) {
  run();
  ASSERT_FALSE(push("x"));
  while (sink_.texts.empty()) std::this_thread::yield();
  sink_.deliveries().failed("standard output is closed");
  EXPECT_EQ(join().code, ExitCode::failed);
}

}  // namespace
}  // namespace millrace
