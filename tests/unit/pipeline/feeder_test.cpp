#include "pipeline/feeder.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "framing/framers.hpp"
#include "journal/memory_journal.hpp"
#include "unit/pipeline/idle_scheduler.hpp"

namespace millrace {
namespace {

using namespace std::chrono_literals;

class FeederTest : public ::testing::Test {
 protected:
  FeederTest() {
    journal_.on_append([this] { feeder_.wake(); });
  }
  void publish(const std::string& bytes) {
    Chunk chunk{.stream = "s", .bytes = Payload(bytes), .properties = nullptr, .received = {}};
    ASSERT_FALSE(journal_.append(std::move(chunk)));
  }
  bool wait_for_tokens(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return tokens_ >= count; });
  }
  int tokens_after(std::chrono::milliseconds patience, int count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return tokens_ >= count; });
    return tokens_;
  }
  FramePtr cut() { return framing_.next(credits_.adopt()); }

  std::mutex mutex_;
  std::condition_variable changed_;
  int tokens_ = 0;
  Config config_;
  Observer observer_;
  test::IdleScheduler timers_;
  MemoryJournal journal_{1U << 20, 1};
  Credits credits_{3, 1U << 20, [this](std::uint64_t) { feeder_.wake(); }};
  Ledger ledger_{journal_, timers_, 4, {.committed = [] {}, .failed = [](std::error_code) {}}};
  FramingStage framing_{
      journal_,
      ledger_,
      credits_,
      [this] { return make_framer(config_.framing, config_.limits, false); },
      config_.framing,
      config_.limits,
      observer_,
      {.stream_broken = [](const std::string&) {}, .failed = [](std::error_code) {}}};
  Feeder feeder_{journal_, credits_, framing_, [this] {
                   const std::lock_guard lock(mutex_);
                   ++tokens_;
                   changed_.notify_all();
                 }};
};

TEST_F(FeederTest, PutsOneTokenForOneEntry) {
  feeder_.start();
  publish("a");
  EXPECT_TRUE(wait_for_tokens(1));
  EXPECT_EQ(tokens_after(50ms, 2), 1);
}

TEST_F(FeederTest, DoesNotForgetAnEntryThatComesWhileATokenIsAtWork) {
  feeder_.start();
  publish("a");
  ASSERT_TRUE(wait_for_tokens(1));
  ASSERT_TRUE(cut());  // the token has read its entry, but has not said that it is done
  publish("b");
  EXPECT_EQ(tokens_after(50ms, 2), 1) << "left to the token at work";
  feeder_.token_done();
  EXPECT_TRUE(wait_for_tokens(2));
}

TEST_F(FeederTest, PutsNoMoreTokensThanThereAreCredits) {
  feeder_.start();
  for (int i = 0; i < 10; ++i) publish("x");
  EXPECT_TRUE(wait_for_tokens(3));
  EXPECT_EQ(tokens_after(50ms, 4), 3);
  {
    const auto credit = credits_.adopt();
  }
  EXPECT_TRUE(wait_for_tokens(4)) << "a credit that comes back wakes it";
}

TEST_F(FeederTest, PutsATokenWhenNudgedAlthoughNothingIsNew) {
  feeder_.start();
  feeder_.nudge();
  EXPECT_TRUE(wait_for_tokens(1));
  EXPECT_EQ(tokens_after(50ms, 2), 1);
}

}  // namespace
}  // namespace millrace
