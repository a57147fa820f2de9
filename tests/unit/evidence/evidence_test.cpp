// What a start makes of what earlier ones left.

#include <gmock/gmock.h>

#include "unit/evidence/evidence_folder.hpp"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(EvidenceFolder, AccusesNobodyAtFirst) {
  EXPECT_EQ(start().crashes(id(0)), 0U);
  EXPECT_THAT(notices_, IsEmpty());
}

TEST_F(EvidenceFolder, AddsTheMarksOfEachRunUp) {
  for (unsigned crashes = 1; crashes <= 4; ++crashes) {
    start();
    leave_mark(id(7, 2));
    EXPECT_EQ(start().crashes(id(7, 2)), crashes);
    EXPECT_EQ(evidence_->crashes(id(7, 1)), 0U);
    EXPECT_EQ(evidence_->crashes({1, 7, 2}), 0U) << "of another journal";
  }
}

TEST_F(EvidenceFolder, TellsOfEachAccusedFrameOnce) {
  start();
  leave_mark(id(7), SIGABRT);
  start();
  EXPECT_THAT(notices_, ElementsAre("event 5f3a9c01-7.0 was being worked on when the process "
                                    "crashed, 1 time(s), the last by SIGABRT; it is tried again"));
  leave_mark(id(8));
  start();
  leave_mark(id(7));
  start();
  leave_mark(id(7));
  start();
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("3 time(s), the last by SIGSEGV; it is given up"),
                                    HasSubstr("5f3a9c01-8.0")));
}

TEST_F(EvidenceFolder, AccusesNoFrameThatWasOnlyHeldWhenTheProcessWasKilled) {
  start().hold(0, id(5), 1);
  start();
  EXPECT_EQ(evidence_->crashes(id(5)), 0U);
}

TEST_F(EvidenceFolder, CountsACallThatDidNotReturnUnlessItReturnsAfterAll) {
  start().hold(0, id(5), 1);
  evidence_->hold(1, id(6), 1);
  evidence_->overran(0);
  evidence_->overran(1);
  evidence_->release(1);
  start();
  EXPECT_EQ(evidence_->crashes(id(5)), 1U);
  EXPECT_EQ(evidence_->crashes(id(6)), 0U);
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("a call that had not returned")));
}

TEST_F(EvidenceFolder, CountsNothingTwiceWhereverAStartIsKilled) {
  start();
  leave_mark(id(7));
  const auto slots = load(kCrashSlotsName);
  const auto counts = load(kCrashCountsName);
  start();
  evidence_.reset();
  // Killed when the counts had been replaced and the slots had not.
  save(kCrashSlotsName, slots);
  EXPECT_EQ(start().crashes(id(7)), 1U);
  evidence_.reset();
  // Killed before either: what was being written stays beside, and counts for nothing.
  save(kCrashSlotsName, slots);
  std::filesystem::remove(path() + "/" + kCrashCountsName);
  save(std::string(kCrashCountsName) + ".new", load(kCrashSlotsName).substr(0, 20));
  EXPECT_EQ(start().crashes(id(7)), 1U);
  EXPECT_EQ(start().crashes(id(7)), 1U);
}

TEST_F(EvidenceFolder, ForgetsFramesThatAreDoneOrHaveNotComeYet) {
  start();
  leave_mark(id(7));
  start();
  leave_mark(id(9));
  backlog_ = {7, 9};
  EXPECT_EQ(start().crashes(id(9)), 0U) << "the journal has lost it, and gives its offset again";
  EXPECT_EQ(evidence_->crashes(id(7)), 1U);
  backlog_ = {8, 1000};
  start();
  EXPECT_THAT(notices_, IsEmpty());
  backlog_ = {0, 1000};
  EXPECT_EQ(start().crashes(id(7)), 0U) << "for good";
}

TEST_F(EvidenceFolder, BeginsAfreshWithAnotherJournal) {
  start();
  leave_mark(id(7));
  start();
  leave_mark(id(7));
  auto other = options();
  other.epoch = 1;
  notices_.clear();
  evidence_.emplace(folder(), other);
  EXPECT_EQ(evidence_->crashes({1, 7, 0}), 0U);
  EXPECT_EQ(evidence_->crashes(id(7)), 0U);
  EXPECT_THAT(notices_, IsEmpty()) << "that is no mistake";
}

TEST_F(EvidenceFolder, PassesOverFilesOfAnotherVersionAndSaysSoOnce) {
  start();
  leave_mark(id(7));
  start();
  evidence_.reset();
  for (const char* name : {kCrashCountsName, kCrashSlotsName}) {
    auto bytes = load(name);
    bytes.at(16) = 2;
    save(name, bytes);
  }
  EXPECT_EQ(start().crashes(id(7)), 0U);
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("crash-counts is not made use of: it is of another "
                                              "format version"),
                                    HasSubstr("crash-slots is not made use of")));
  start();
  EXPECT_THAT(notices_, IsEmpty());
}

TEST_F(EvidenceFolder, LooksWithoutChangingAnything) {
  start();
  leave_mark(id(7));
  const auto slots = load(kCrashSlotsName);
  const auto counts = pending_crashes(folder(), kEpoch, backlog_, {});
  EXPECT_EQ(counts.frames.at({7, 0}), (CrashCounts::Count{1, SIGSEGV}));
  EXPECT_EQ(load(kCrashSlotsName), slots);
  EXPECT_FALSE(std::filesystem::exists(path() + "/" + kCrashCountsName));
}

}  // namespace
}  // namespace millrace
