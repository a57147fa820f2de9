// How a pipeline ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "pipeline/harness.hpp"

namespace millrace::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Stop, FinishesEverythingThatAJournalInMemoryHolds) {
  Harness harness;
  harness.config.limits.in_flight = 4;
  harness.start();
  for (int i = 0; i < 5000; ++i) harness.publish(std::to_string(i));
  EXPECT_TRUE(harness.drain());
  EXPECT_EQ(harness.results.outcomes().size(), 5000U);
  EXPECT_EQ(harness.journal->state().entries, 0U);
}

TEST(Stop, LeavesToADurableJournalWhatHasNotStarted) {
  Harness harness;
  harness.config.processing.workers = 2;
  harness.config.limits.in_flight = 10;
  std::latch started{2};
  std::latch go{1};
  harness.work = [&](const Frame& frame, const Attempt&) -> Verdict {
    started.count_down();
    go.wait();
    return Result{frame.payload};
  };
  auto journal = std::make_unique<DurableInMemory>();
  const auto& watermark = journal->watermark;
  harness.start(std::move(journal));
  for (int i = 0; i < 100; ++i) harness.publish(std::to_string(i));
  started.wait();
  std::thread opener([&] { go.count_down(); });
  EXPECT_TRUE(harness.drain());
  opener.join();
  const auto count = harness.results.outcomes().size();
  EXPECT_GE(count, 2U) << "what was started is finished";
  EXPECT_LE(count, 10U) << "and nothing is begun beyond what is in flight";
  EXPECT_EQ(watermark, (Point{count, 0, 0})) << "what was confirmed is committed, no more";
}

TEST(Stop, LetsNothingOvertakeAFrameThatIsLeftInABackOff) {
  Harness harness;
  harness.config.processing.backoff = 24h;
  harness.config.processing.backoff_max = 24h;
  harness.config.processing.workers = 1;
  std::atomic<int> done = 0;
  harness.work = [&](const Frame& frame, const Attempt&) -> Verdict {
    ++done;
    if (frame.payload.view() == "1") return Failed{"not now"};
    return Result{frame.payload};
  };
  auto journal = std::make_unique<DurableInMemory>();
  const auto& watermark = journal->watermark;
  harness.start(std::move(journal));
  for (int i = 0; i < 5; ++i) harness.publish(std::to_string(i));
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (done < 5 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(harness.drain());
  EXPECT_THAT(texts_of(harness.results.outcomes()), ElementsAre("0"));
  EXPECT_EQ(watermark, (Point{1, 0, 0}));
}

TEST(Stop, LeavesToADurableJournalWhatIsHeldAlsoFromThenOn) {
  for (const bool before : {true, false}) {
    Harness harness;
    harness.config.processing.workers = 1;
    std::atomic<bool> called = false;
    std::atomic<bool> go = before;
    harness.work = [&](const Frame&, const Attempt&) -> Verdict {
      called = true;
      called.notify_all();
      go.wait(false);
      return Failed{"nobody there", 24h};
    };
    harness.start(std::make_unique<DurableInMemory>());
    harness.publish("x");
    called.wait(false);
    std::thread stopped([&] { EXPECT_TRUE(harness.drain()); });
    std::this_thread::yield();
    go = true;
    go.notify_all();
    stopped.join();
    EXPECT_TRUE(harness.results.outcomes().empty());
    EXPECT_TRUE(harness.dead_letters.outcomes().empty());
  }
}

TEST(Stop, FailsWhenTheSinkDoesNotConfirmInTime) {
  Harness harness;
  harness.results.hold();
  harness.start();
  harness.publish("x");
  EXPECT_FALSE(harness.drain(20ms));
  harness.results.release();
}

TEST(OnFailure, StopFinishesWhatCameBeforeAndNamesTheEvent) {
  Harness harness;
  harness.config.processing.on_failure = OnFailure::stop;
  harness.config.processing.workers = 3;
  harness.work = [](const Frame& frame, const Attempt&) -> Verdict {
    if (frame.payload.view() == "3") return Rejected{"poison"};
    return Result{frame.payload};
  };
  harness.start();
  for (int i = 0; i < 50; ++i) harness.publish(std::to_string(i));
  const auto stopped = harness.wait_for_stop();
  ASSERT_EQ(stopped.size(), 1U);
  EXPECT_EQ(stopped[0], (EventId{0x5f3a9c01, 3, 0}));
  EXPECT_TRUE(harness.drain());
  EXPECT_THAT(texts_of(harness.results.outcomes()), ElementsAre("0", "1", "2"));
  EXPECT_THAT(harness.dead_letters.outcomes(), IsEmpty());
}

TEST(OnFailure, DropCountsAndGoesOn) {
  struct DropObserver final : Observer {
    void outcome_dropped(const Outcome&) override { ++dropped; }
    std::atomic<int> dropped = 0;
  } observer;
  Harness harness;
  harness.observer = &observer;
  harness.config.processing.on_failure = OnFailure::drop;
  harness.work = [](const Frame& frame, const Attempt&) -> Verdict {
    if (frame.payload.view() == "1") return Rejected{"no"};
    return Result{frame.payload};
  };
  harness.start();
  for (int i = 0; i < 3; ++i) harness.publish(std::to_string(i));
  EXPECT_THAT(texts_of(harness.results.wait_for(2)), ElementsAre("0", "2"));
  EXPECT_TRUE(harness.drain());
  EXPECT_EQ(observer.dropped, 1);
}

}  // namespace
}  // namespace millrace::test
