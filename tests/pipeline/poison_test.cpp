// Frames that crashed the process before, in the real graph.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <iterator>
#include <latch>
#include <set>

#include "pipeline/harness.hpp"
#include "support/temp_folder.hpp"

namespace millrace::test {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr std::uint32_t kEpoch = 0x5f3a9c01;

class Poison : public ::testing::Test {
 protected:
  /// Evidence that the frame of that offset crashed the process so many times.
  void accuse(Offset offset, unsigned crashes) {
    const Folder folder(folder_.path().string(), std::make_shared<FileLayer>(), false);
    for (unsigned crash = 0; crash < crashes; ++crash) {
      {
        CrashSlots slots(folder, kEpoch, ++run_, 1);
        slots.hold(0, {kEpoch, offset, 0}, 1).mark_crashed(SIGSEGV);
      }
      harness_.evidence = std::make_unique<Evidence>(
          folder, EvidenceOptions{.epoch = kEpoch, .backlog = {0, 1000}, .workers = 5});
      ++run_;
    }
  }

  /// Ten events are worked on, one of which fails; the numbers of its attempts.
  std::vector<unsigned> attempts_at(const std::string& failing) {
    harness_.config.processing.attempts = 3;
    harness_.config.processing.backoff = 1ms;
    harness_.work = [&, failing](const Frame& frame, const Attempt& attempt) -> Verdict {
      if (frame.payload.view() != failing) return Result{frame.payload};
      const std::lock_guard lock(mutex_);
      seen_.push_back(attempt.number);
      return Failed{"no luck"};
    };
    // One sink for both, so that the order between results and dead letters shows.
    harness_.start();
    for (int i = 0; i < 10; ++i) harness_.publish(std::to_string(i));
    EXPECT_EQ(harness_.results.wait_for(9).size(), 9U);
    EXPECT_TRUE(harness_.drain());
    return seen_;
  }

  const TempFolder folder_;
  Harness harness_;

 private:
  std::uint64_t run_ = 0;
  std::mutex mutex_;
  std::vector<unsigned> seen_;
};

TEST_F(Poison, BeginsWithTheAttemptAfterThoseInWhichItCrashed) {
  accuse(4, 1);
  EXPECT_THAT(attempts_at("4"), ElementsAre(2, 3));
  EXPECT_EQ(harness_.dead_letters.outcomes().at(0)->attempts, 3U);
}

TEST_F(Poison, IsNotWorkedOnAgainOnceItsAttemptsAreUsedUp) {
  accuse(4, 3);
  EXPECT_THAT(attempts_at("4"), ElementsAre());
  const auto letters = harness_.dead_letters.outcomes();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(text_of(letters[0]), "!the process crashed in each of its 3 attempts");
  EXPECT_EQ(letters[0]->attempts, 3U);
  EXPECT_EQ(letters[0]->frame->id, (EventId{kEpoch, 4, 0}));
  EXPECT_THAT(texts_of(harness_.results.outcomes()),
              ElementsAre("0", "1", "2", "3", "5", "6", "7", "8", "9"));
}

TEST_F(Poison, IsTriedForEverWhereAttemptsAreUnlimited) {
  accuse(4, 5);
  harness_.config.processing.attempts = 0;
  std::atomic<unsigned> attempt_number = 0;
  harness_.work = [&](const Frame& frame, const Attempt& attempt) -> Verdict {
    if (frame.payload.view() == "4") attempt_number = attempt.number;
    return Result{frame.payload};
  };
  harness_.start();
  for (int i = 0; i < 10; ++i) harness_.publish(std::to_string(i));
  EXPECT_EQ(harness_.results.wait_for(10).size(), 10U);
  EXPECT_TRUE(harness_.drain());
  EXPECT_EQ(attempt_number, 6U);
}

TEST_F(Poison, GoesTheWayOfOtherFailures) {
  accuse(4, 1);
  harness_.config.processing.attempts = 1;
  harness_.config.processing.on_failure = OnFailure::stop;
  harness_.start();
  for (int i = 0; i < 10; ++i) harness_.publish(std::to_string(i));
  EXPECT_THAT(harness_.wait_for_stop(), ElementsAre(EventId{kEpoch, 4, 0}));
  EXPECT_TRUE(harness_.drain());
  EXPECT_THAT(texts_of(harness_.results.outcomes()), ElementsAre("0", "1", "2", "3"));
}

// While five are worked on, each is named in a slot, and none is when they have ended.
TEST_F(Poison, IsWhatAWorkerHolds) {
  accuse(99, 1);
  const auto held = [this] {
    std::multiset<Offset> offsets;
    std::string file = folder_.path().string() + "/" + kCrashSlotsName;
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t at = 64; at + 64 <= bytes.size(); at += 64) {
      if (bytes[at] == CrashSlot::held) offsets.insert(static_cast<unsigned char>(bytes[at + 8]));
    }
    return offsets;
  };
  std::latch all(5);
  std::latch go(1);
  harness_.work = [&](const Frame& frame, const Attempt&) -> Verdict {
    all.count_down();
    go.wait();
    return Result{frame.payload};
  };
  harness_.start();
  for (int i = 0; i < 5; ++i) harness_.publish(std::to_string(i));
  all.wait();
  EXPECT_THAT(held(), UnorderedElementsAre(0, 1, 2, 3, 4));
  go.count_down();
  EXPECT_EQ(harness_.results.wait_for(5).size(), 5U);
  EXPECT_TRUE(harness_.drain());
  EXPECT_THAT(held(), ElementsAre());
}

}  // namespace
}  // namespace millrace::test
