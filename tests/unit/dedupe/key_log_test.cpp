// The window over restarts.

#include <gmock/gmock.h>

#include "unit/dedupe/dedupe_folder.hpp"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class KeyLogTest : public DedupeFolder {};

TEST_F(KeyLogTest, RemembersOverAKill) {
  open();
  fill(0, 3);
  open();
  EXPECT_TRUE(asked(100, "0"));
  EXPECT_TRUE(asked(101, "2"));
  EXPECT_FALSE(asked(102, "3"));
}

TEST_F(KeyLogTest, TakesNoEventForADuplicateOfItselfAfterAReplay) {
  open();
  fill(0, 3);
  open();
  for (Offset offset = 0; offset < 3; ++offset) EXPECT_FALSE(asked(offset, std::to_string(offset)));
}

TEST_F(KeyLogTest, WritesNothingBeforeItIsToldTo) {
  open();
  const auto writes = files_->writes.load();
  EXPECT_FALSE(asked(0, "a"));
  EXPECT_FALSE(asked(1, "b"));
  EXPECT_EQ(files_->writes, writes);
  ASSERT_FALSE(dedupe_->flush());
  EXPECT_EQ(files_->writes, writes + 1) << "and then everything at once";
  ASSERT_FALSE(dedupe_->flush());
  EXPECT_EQ(files_->writes, writes + 1);
}

TEST_F(KeyLogTest, SyncsInModePowerOnly) {
  open();
  fill(0, 1);
  EXPECT_EQ(files_->syncs, 0U);
  power_ = true;
  open();
  const auto syncs = files_->syncs.load();
  EXPECT_GE(syncs, 1U) << "what the run before left is called settled now";
  fill(1, 3);
  EXPECT_EQ(files_->syncs, syncs + 1);
}

TEST_F(KeyLogTest, KeepsTwoGenerationsAtMostAndTheWholeWindowInThem) {
  open();
  for (Offset offset = 0; offset < 95; ++offset) fill(offset, 1);
  EXPECT_THAT(generations(), SizeIs(2));
  open();
  for (Offset offset = 85; offset < 95; ++offset) {
    EXPECT_TRUE(asked(200 + offset, std::to_string(offset))) << offset;
  }
  EXPECT_FALSE(asked(300, "84"));
}

TEST_F(KeyLogTest, ForgetsNothingWhenTheWindowGrowsOrShrinks) {
  open();
  fill(0, 25);
  config_.window = 4;
  open();
  for (Offset offset = 19; offset < 25; ++offset) {
    EXPECT_TRUE(asked(200 + offset, std::to_string(offset))) << offset;
  }
  EXPECT_FALSE(asked(300, "18"));
  ASSERT_FALSE(dedupe_->flush());
  config_.window = 30;
  open();
  EXPECT_TRUE(asked(400, "24"));
  EXPECT_TRUE(asked(401, "18"));
}

TEST_F(KeyLogTest, BeginsAfreshWithAnotherJournal) {
  open();
  fill(0, 25);
  epoch_ = 1;
  open();
  EXPECT_FALSE(asked(0, "24"));
  EXPECT_THAT(generations(), ElementsAre(generation_name(1)));
}

TEST_F(KeyLogTest, TakesNothingFromAnotherSetting) {
  open();
  EXPECT_FALSE(asked(0, "s0"));  // what the pointer finds in a text of 0, as far as that goes
  ASSERT_FALSE(dedupe_->flush());
  config_.key = "pointer:/n";
  open();
  Frame frame;
  frame.id = {epoch_, 5, 0};
  frame.payload = Payload(std::string(R"({"n": "0"})"));
  EXPECT_FALSE(dedupe_->is_duplicate(frame));
  config_.key = "property:n";
  open();
  EXPECT_TRUE(asked(6, "s0"));
}

TEST_F(KeyLogTest, ForgetsEventsThatTheJournalHasLost) {
  open();
  fill(0, 10);
  next_ = 7;
  open();
  EXPECT_TRUE(asked(20, "6"));
  EXPECT_FALSE(asked(7, "9")) << "the event that came with it is gone";
  ASSERT_FALSE(dedupe_->flush());
  next_ = 1000;
  open();
  EXPECT_FALSE(asked(21, "8")) << "for good";
  EXPECT_TRUE(asked(22, "9"));
}

TEST_F(KeyLogTest, RemovesWhatAKillLeftHalfMade) {
  save("dedupe-new", "half");
  open();
  EXPECT_THAT(generations(), ElementsAre(generation_name(1)));
}

TEST_F(KeyLogTest, MakesAFailedWriteFinal) {
  open();
  fill(0, 1);
  for (const bool short_write : {false, true}) {
    open();
    files_->write_errno = short_write ? 0 : EIO;
    files_->short_by = short_write ? 1 : 0;
    EXPECT_FALSE(asked(short_write ? 5 : 4, short_write ? "y" : "x"));
    EXPECT_TRUE(dedupe_->flush());
    files_->write_errno = 0;
    files_->short_by = 0;
    EXPECT_TRUE(dedupe_->flush()) << "later ones would leave a hole";
  }
  open();
  EXPECT_TRUE(asked(20, "0"));
  EXPECT_FALSE(asked(4, "x"));
}

TEST_F(KeyLogTest, MakesAFailedSyncFinal) {
  power_ = true;
  open();
  EXPECT_FALSE(asked(0, "x"));
  files_->sync_errno = EIO;
  EXPECT_EQ(dedupe_->flush(), std::errc::io_error);
  files_->sync_errno = 0;
  EXPECT_TRUE(dedupe_->flush());
}

TEST_F(KeyLogTest, CannotBeginWhereThereIsNoRoomAndSaysHowMuchItTakes) {
  files_->allocate_errno = ENOSPC;
  EXPECT_THAT(refusal(), HasSubstr("No space left on device; it takes up to 80 bytes a key"));
  EXPECT_THAT(generations(), SizeIs(0));
}

TEST_F(KeyLogTest, FailsWhereTheNextGenerationFindsNoRoom) {
  open();
  fill(0, 10);
  files_->allocate_errno = ENOSPC;
  EXPECT_FALSE(asked(10, "x"));
  EXPECT_EQ(dedupe_->flush(), std::errc::no_space_on_device);
  files_->allocate_errno = 0;
  open();
  EXPECT_TRUE(asked(20, "9"));
}

TEST_F(KeyLogTest, IsForItsOwnerOnly) {
  open();
  const auto status = std::filesystem::status(path() + "/" + generation_name(1));
  EXPECT_EQ(status.permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace millrace
