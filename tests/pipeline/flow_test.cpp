// What is in flight: credits, bytes, retries, deadlines.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "pipeline/harness.hpp"

namespace millrace::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Lets calls in and holds them until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool wait_for_inside(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return inside_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

// Counts frames between cut and confirmation.
class InFlightObserver final : public Observer {
 public:
  void frame_cut(const Frame& frame) override {
    const std::lock_guard lock(mutex_);
    ++count_;
    bytes_ += frame.raw.size();
    sizes_.push_back(frame.raw.size());
    most_ = std::max(most_, count_);
    most_bytes_ = std::max(most_bytes_, bytes_);
    changed_.notify_all();
  }
  void outcome_confirmed(std::uint64_t number) override {
    const std::lock_guard lock(mutex_);
    --count_;
    bytes_ -= sizes_.at(number);
  }
  bool wait_for_cut(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return sizes_.size() >= count; });
  }
  std::size_t cut() const {
    const std::lock_guard lock(mutex_);
    return sizes_.size();
  }
  int most() const { return most_; }
  std::size_t most_bytes() const { return most_bytes_; }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::size_t> sizes_;
  int count_ = 0;
  int most_ = 0;
  std::size_t bytes_ = 0;
  std::size_t most_bytes_ = 0;
};

TEST(InFlight, IsExactlyTheConfiguredNumberWhenNothingIsConfirmed) {
  Harness harness;
  InFlightObserver observer;
  harness.observer = &observer;
  harness.config.limits.in_flight = 7;
  harness.results.hold();
  harness.start();
  for (int i = 0; i < 100; ++i) harness.publish(std::to_string(i));
  EXPECT_EQ(harness.results.wait_for(7).size(), 7U);
  EXPECT_EQ(harness.results.wait_for(8, 100ms).size(), 7U) << "no credit, no frame";
  harness.results.release();
  EXPECT_EQ(harness.results.wait_for(100).size(), 100U);
  EXPECT_TRUE(harness.drain());
  EXPECT_EQ(observer.most(), 7);
}

TEST(InFlight, StaysWithinItsBytes) {
  Harness harness;
  InFlightObserver observer;
  harness.observer = &observer;
  harness.config.limits.in_flight_bytes = 10'000;
  harness.work = [](const Frame& frame, const Attempt&) -> Verdict {
    return Result{frame.payload.slice(0, 1)};
  };
  // A journal with room of its own: the budget in flight is what is looked at.
  harness.start(std::make_unique<MemoryJournal>(1U << 30, 1));
  for (int i = 0; i < 200; ++i) harness.publish(std::string(3000, 'x'));
  EXPECT_EQ(harness.results.wait_for(200).size(), 200U);
  EXPECT_TRUE(harness.drain());
  EXPECT_LE(observer.most_bytes(), 10'000U);
  EXPECT_GT(observer.most(), 1);
}

TEST(InFlight, AdmitsAFrameOverTheBudgetAlone) {
  Harness harness;
  InFlightObserver observer;
  harness.observer = &observer;
  harness.config.limits.in_flight_bytes = 1000;
  harness.start(std::make_unique<MemoryJournal>(1U << 30, 1));
  harness.publish("a");
  harness.publish(std::string(5000, 'x'));
  harness.publish("b");
  EXPECT_EQ(harness.results.wait_for(3).size(), 3U);
  EXPECT_TRUE(harness.drain());
}

TEST(InFlight, ComesBackInWhateverOrderConfirmationsCome) {
  Harness harness;
  harness.config.limits.in_flight = 16;
  harness.results.hold();
  harness.start();
  for (int i = 0; i < 64; ++i) harness.publish(std::to_string(i));
  EXPECT_EQ(harness.results.wait_for(16).size(), 16U);
  harness.results.release([](auto& numbers) { std::reverse(numbers.begin(), numbers.end()); });
  EXPECT_EQ(harness.results.wait_for(64).size(), 64U);
  EXPECT_TRUE(harness.drain());
}

TEST(Retries, HoldNoWorkerWhileTheyWait) {
  Harness harness;
  harness.config.processing.workers = 1;
  harness.config.processing.backoff = 24h;
  harness.config.processing.backoff_max = 24h;
  std::atomic<int> others = 0;
  harness.work = [&](const Frame& frame, const Attempt&) -> Verdict {
    if (frame.payload.view() == "fails") return Failed{"not now"};
    ++others;
    return Result{frame.payload};
  };
  harness.start(std::make_unique<DurableInMemory>());
  harness.publish("fails");
  for (int i = 0; i < 20; ++i) harness.publish(std::to_string(i));
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (others < 20 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(others, 20) << "the one worker does other work";
  EXPECT_TRUE(harness.results.outcomes().empty()) << "the place of the failed one stays its own";
  EXPECT_TRUE(harness.drain()) << "what waits for a day is left to the next start";
}

TEST(Retries, ReenterAheadOfYoungerFrames) {
  Harness harness;
  InFlightObserver observer;
  harness.observer = &observer;
  harness.config.processing.workers = 1;
  harness.config.processing.backoff = 0ms;
  harness.config.limits.in_flight = 200;
  std::vector<std::string> calls;
  Gate gate;
  harness.work = [&](const Frame& frame, const Attempt& attempt) -> Verdict {
    const std::string text(frame.payload.view());
    calls.push_back(text);
    if (text == "0" && attempt.number == 1) return Failed{"once"};
    if (text == "1") gate.pass();
    // Time for the back-off of 0 to end while others wait for the one worker.
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, attempt.stop, 1ms, [] { return false; });
    return Result{frame.payload};
  };
  harness.start();
  for (int i = 0; i < 200; ++i) harness.publish(std::to_string(i));
  ASSERT_TRUE(observer.wait_for_cut(200));
  gate.open();
  EXPECT_EQ(harness.results.wait_for(200).size(), 200U);
  ASSERT_EQ(calls.size(), 201U);
  const auto again = std::find(calls.begin() + 1, calls.end(), "0") - calls.begin();
  EXPECT_LT(again, 150) << "the last ones waited longer than it did, and yet it went first";
  EXPECT_TRUE(harness.drain());
}

TEST(Retries, EndAfterTheConfiguredAttemptsWithTheLastCause) {
  Harness harness;
  harness.config.processing.attempts = 3;
  harness.config.processing.backoff = 1ms;
  harness.work = [](const Frame&, const Attempt& attempt) -> Verdict {
    return Failed{"try " + std::to_string(attempt.number)};
  };
  harness.start();
  harness.publish("x");
  const auto letters = harness.dead_letters.wait_for(1);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(text_of(letters[0]), "!try 3");
  EXPECT_EQ(letters[0]->attempts, 3U);
  EXPECT_TRUE(harness.drain());
}

TEST(Retries, GoOnForEverWithZeroAttempts) {
  Harness harness;
  harness.config.processing.attempts = 0;
  harness.config.processing.backoff = 0ms;
  harness.work = [](const Frame& frame, const Attempt& attempt) -> Verdict {
    if (attempt.number < 50) return Failed{"not yet"};
    return Result{frame.payload};
  };
  harness.start();
  harness.publish("x");
  const auto outcomes = harness.results.wait_for(1);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0]->attempts, 50U);
  EXPECT_TRUE(harness.drain());
}

TEST(Held, EventsSpendNoAttempt) {
  Harness harness;
  harness.config.processing.attempts = 1;
  std::atomic<int> calls = 0;
  harness.work = [&](const Frame& frame, const Attempt& attempt) -> Verdict {
    EXPECT_EQ(attempt.number, 1U);
    if (++calls < 50) return Failed{"nobody there", 0ms};
    return Result{frame.payload};
  };
  harness.start();
  harness.publish("x");
  const auto outcomes = harness.results.wait_for(1);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(text_of(outcomes[0]), "x");
  EXPECT_EQ(outcomes[0]->attempts, 1U);
  EXPECT_TRUE(harness.drain());
}

TEST(Held, EventsKeepTheirPlaceAndNoWorker) {
  Harness harness;
  harness.config.processing.workers = 1;
  std::atomic<int> others = 0;
  harness.work = [&](const Frame& frame, const Attempt&) -> Verdict {
    if (frame.payload.view() == "held" && others < 20) return Failed{"nobody there", 1ms};
    ++others;
    return Result{frame.payload};
  };
  harness.start();
  harness.publish("held");
  for (int i = 0; i < 20; ++i) harness.publish(std::to_string(i));
  const auto outcomes = harness.results.wait_for(21);
  ASSERT_EQ(outcomes.size(), 21U);
  EXPECT_EQ(text_of(outcomes[0]), "held");
  EXPECT_TRUE(harness.drain());
}

TEST(Deadlines, RequestTheStopOfACallThatTakesTooLong) {
  Harness harness;
  harness.config.processing.timeout = 30ms;
  harness.config.processing.attempts = 1;
  harness.work = [](const Frame& frame, const Attempt& attempt) -> Verdict {
    if (frame.payload.view() == "quick") return Result{frame.payload};
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait(lock, attempt.stop, [] { return false; });
    return Failed{"stopped"};
  };
  harness.start();
  harness.publish("slow");
  harness.publish("quick");
  EXPECT_THAT(texts_of(harness.dead_letters.wait_for(1)), ElementsAre("!stopped"));
  EXPECT_THAT(texts_of(harness.results.wait_for(1)), ElementsAre("quick"));
  EXPECT_TRUE(harness.drain());
}

TEST(Deadlines, ReportACallThatOverrunsTwiceItsTimeoutAndItsEnd) {
  struct OverrunObserver final : Observer {
    void work_overran(const Frame&, const Attempt&) override { overran.count_down(); }
    void overrun_ended(const Frame&, const Attempt&) override { ended.count_down(); }
    std::latch overran{1};
    std::latch ended{1};
  } observer;
  Harness harness;
  harness.observer = &observer;
  harness.config.processing.timeout = 10ms;
  harness.work = [&](const Frame& frame, const Attempt&) -> Verdict {
    observer.overran.wait();  // deaf to the stop token
    return Result{frame.payload};
  };
  harness.start();
  harness.publish("late");
  observer.ended.wait();
  EXPECT_THAT(texts_of(harness.results.wait_for(1)), ElementsAre("late"));
  EXPECT_TRUE(harness.drain());
}

TEST(Workers, WorkOnAsManyEventsAtATimeAsConfiguredAlthoughTheyBlock) {
  Harness harness;
  harness.config.processing.workers = 5;
  Gate gate;
  harness.work = [&](const Frame& frame, const Attempt&) -> Verdict {
    gate.pass();
    return Result{frame.payload};
  };
  harness.start();
  for (int i = 0; i < 5; ++i) harness.publish(std::to_string(i));
  EXPECT_TRUE(gate.wait_for_inside(5)) << "all five at once, on however few cores";
  gate.open();
  EXPECT_EQ(harness.results.wait_for(5).size(), 5U);
  EXPECT_TRUE(harness.drain());
}

TEST(Workers, HaveDifferentIndicesAtATime) {
  Harness harness;
  harness.config.processing.workers = 3;
  std::array<std::atomic<int>, 3> busy{};
  std::atomic<bool> shared = false;
  harness.work = [&](const Frame& frame, const Attempt& attempt) -> Verdict {
    if (busy.at(attempt.worker).fetch_add(1) != 0) shared = true;
    std::this_thread::yield();
    busy.at(attempt.worker).fetch_sub(1);
    return Result{frame.payload};
  };
  harness.start();
  for (int i = 0; i < 1000; ++i) harness.publish("x");
  EXPECT_EQ(harness.results.wait_for(1000).size(), 1000U);
  EXPECT_FALSE(shared);
  EXPECT_TRUE(harness.drain());
}

TEST(Results, OverTheLimitOrUnfitForTheSinkAreRejected) {
  Harness harness;
  harness.config.limits.result_bytes = 5;
  harness.results.unfit_if = [](const Frame&, const Result& result) -> std::optional<std::string> {
    if (result.payload.view() == "bad") return "no topic for it";
    return std::nullopt;
  };
  harness.start();
  for (const auto* text : {"fine", "too long", "bad", "good"}) harness.publish(text);
  EXPECT_THAT(texts_of(harness.results.wait_for(2)), ElementsAre("fine", "good"));
  EXPECT_THAT(texts_of(harness.dead_letters.wait_for(2)),
              ElementsAre(HasSubstr("limits.result_bytes (5)"), "!no topic for it"));
  EXPECT_TRUE(harness.drain());
}

}  // namespace
}  // namespace millrace::test
