#include "pipeline/ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/pipeline/idle_scheduler.hpp"
#include "unit/pipeline/recorded_journal.hpp"

namespace millrace {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class LedgerTest : public ::testing::Test {
 protected:
  // A frame that is all of the entry with this offset.
  void cut_whole(Offset offset) {
    ASSERT_TRUE(credits_.take());
    ledger_.cut("s", {offset, 0, 0}, {offset + 1, 0, 0}, false, credits_.adopt());
  }
  std::vector<Point> watermarks() const {
    std::vector<Point> points;
    for (const auto& commit : journal_.commits) points.push_back(commit.watermark);
    return points;
  }

  test::RecordedJournal journal_;
  test::IdleScheduler timers_;
  std::error_code failure_;
  std::function<std::error_code()> before_commit_ = [] { return std::error_code{}; };
  int committed_ = 0;
  int credits_back_ = 0;
  Credits credits_{8, 1000, [this](std::uint64_t) { ++credits_back_; }};
  Ledger ledger_{journal_,
                 timers_,
                 2,
                 {.before_commit = [this] { return before_commit_(); },
                  .committed = [this] { ++committed_; },
                  .failed = [this](std::error_code error) { failure_ = error; }}};
};

TEST_F(LedgerTest, CommitsAtOnceWhenNothingIsInFlight) {
  cut_whole(0);
  EXPECT_THAT(journal_.commits, IsEmpty());
  ledger_.confirmed(0);
  EXPECT_THAT(watermarks(), ::testing::ElementsAre(Point{1, 0, 0}));
  EXPECT_EQ(credits_back_, 1);
  EXPECT_EQ(committed_, 1);
}

TEST_F(LedgerTest, PassesOverNoGap) {
  for (Offset offset = 0; offset < 4; ++offset) cut_whole(offset);
  ledger_.confirmed(1);
  ledger_.confirmed(2);
  ledger_.confirmed(3);
  timers_.run_all();
  EXPECT_THAT(journal_.commits, IsEmpty());
  EXPECT_EQ(credits_back_, 0) << "credits come back with the commit, not before";
  ledger_.confirmed(0);
  EXPECT_THAT(watermarks(), ::testing::ElementsAre(Point{4, 0, 0}));
  EXPECT_EQ(credits_back_, 4);
}

TEST_F(LedgerTest, CommitsAfterABatchOfConfirmations) {
  for (Offset offset = 0; offset < 4; ++offset) cut_whole(offset);
  ledger_.confirmed(0);
  EXPECT_THAT(journal_.commits, IsEmpty());
  ledger_.confirmed(1);
  EXPECT_THAT(watermarks(), ::testing::ElementsAre(Point{2, 0, 0}));
}

TEST_F(LedgerTest, CommitsAfterAShortWhileOtherwise) {
  for (Offset offset = 0; offset < 4; ++offset) cut_whole(offset);
  ledger_.confirmed(0);
  EXPECT_EQ(timers_.waiting(), 1U);
  timers_.run_all();
  EXPECT_THAT(watermarks(), ::testing::ElementsAre(Point{1, 0, 0}));
}

TEST_F(LedgerTest, ListsAPartialFrameThatBeginsBeforeTheWatermark) {
  ledger_.opened("part", {0, 3, 1});
  cut_whole(1);
  ledger_.confirmed(0);
  ASSERT_THAT(journal_.commits, SizeIs(1));
  ASSERT_THAT(journal_.commits[0].open, SizeIs(1));
  EXPECT_EQ(journal_.commits[0].open[0].stream, "part");
  EXPECT_EQ(journal_.commits[0].open[0].start, (Point{0, 3, 1}));
}

TEST_F(LedgerTest, ListsASpanningFrameUntilItIsDoneItself) {
  ledger_.opened("part", {0, 0, 0});
  cut_whole(1);  // number 0
  cut_whole(2);  // number 1
  ASSERT_TRUE(credits_.take());
  ledger_.cut("part", {0, 0, 0}, {4, 0, 0}, true, credits_.adopt());  // number 2
  cut_whole(4);                                                       // number 3
  ledger_.confirmed(0);
  ledger_.confirmed(1);
  ASSERT_THAT(journal_.commits, SizeIs(1));
  EXPECT_THAT(journal_.commits[0].open, SizeIs(1)) << "cut, but not confirmed";
  ledger_.confirmed(2);
  ledger_.confirmed(3);
  ASSERT_THAT(journal_.commits, SizeIs(2));
  EXPECT_THAT(journal_.commits[1].open, IsEmpty());
}

TEST_F(LedgerTest, AdvancesOverEntriesWithoutFramesWhenNothingIsInFlight) {
  ledger_.passed({100, 0, 0});
  timers_.run_all();
  EXPECT_THAT(watermarks(), ::testing::ElementsAre(Point{100, 0, 0}));
  timers_.run_all();
  EXPECT_THAT(journal_.commits, SizeIs(1)) << "once is enough";
}

TEST_F(LedgerTest, StoresWhatACommitPresupposesFirst) {
  std::vector<std::size_t> commits_then;
  before_commit_ = [&] {
    commits_then.push_back(journal_.commits.size());
    return std::error_code{};
  };
  cut_whole(0);
  ledger_.confirmed(0);
  EXPECT_THAT(commits_then, ::testing::ElementsAre(0U));
  EXPECT_THAT(journal_.commits, SizeIs(1));
}

TEST_F(LedgerTest, WritesNoCommitWhereThatCannotBeStored) {
  before_commit_ = [] { return std::make_error_code(std::errc::io_error); };
  cut_whole(0);
  ledger_.confirmed(0);
  EXPECT_THAT(journal_.commits, IsEmpty());
  EXPECT_EQ(failure_, std::errc::io_error);
}

TEST_F(LedgerTest, ReportsAJournalThatTakesNoCommit) {
  journal_.commit_error = std::make_error_code(std::errc::io_error);
  cut_whole(0);
  ledger_.confirmed(0);
  EXPECT_EQ(failure_, std::errc::io_error);
}

}  // namespace
}  // namespace millrace
