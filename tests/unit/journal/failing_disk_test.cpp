#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/journal/faulty_files.hpp"
#include "unit/journal/journal_folder.hpp"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FailingDisk : public JournalFolder {
 protected:
  FailingDisk() {
    config_.max_bytes = 256U << 10U;
    options_.files = disk_;
  }

  void expect_final(std::errc error, const std::string& reason) {
    EXPECT_EQ(append("s", "later"), error) << "the first error is the last word";
    EXPECT_EQ(commit(0), error);
    EXPECT_FALSE(journal_->state().writable);
    EXPECT_THAT(journal_->state().reason, HasSubstr(reason));
    EXPECT_THAT(journal_->state().reason, HasSubstr(config_.path));
  }

  std::shared_ptr<test::FaultyFiles> disk_ = std::make_shared<test::FaultyFiles>();
};

TEST_F(FailingDisk, MakesAFailedWriteFinal) {
  open();
  fill(2);
  disk_->write_errno = EIO;
  EXPECT_EQ(append("s", "lost"), std::errc::io_error);
  disk_->write_errno = 0;
  expect_final(std::errc::io_error, "writing");
  EXPECT_THAT(drain_offsets(), ElementsAre(0U, 1U)) << "what is stored can still be read";
  open();
  EXPECT_THAT(drain_offsets(), ElementsAre(0U, 1U));
}

TEST_F(FailingDisk, MakesAFullDiskFinal) {
  open();
  disk_->write_errno = ENOSPC;
  EXPECT_EQ(append("s", "lost"), std::errc::no_space_on_device);
  expect_final(std::errc::no_space_on_device, "No space left");
}

TEST_F(FailingDisk, MakesAShortWriteFinalAndSurvivesItsRemains) {
  open();
  fill(2);
  for (const std::size_t missing : {1U, 8U, 40U}) {
    disk_->short_by = missing;
    EXPECT_EQ(append("s", "lost"), std::errc::io_error);
    disk_->short_by = 0;
    expect_final(std::errc::io_error, "writing");
    open();
    EXPECT_THAT(drain_offsets(), ElementsAre(0U, 1U));
    EXPECT_THAT(notices_.back().text, HasSubstr("incomplete record"));
  }
}

TEST_F(FailingDisk, MakesAFailedSyncFinal) {
  config_.durability = Durability::power;
  open();
  fill(1);
  disk_->sync_errno = EIO;
  EXPECT_EQ(append("s", "not acknowledged"), std::errc::io_error);
  disk_->sync_errno = 0;
  expect_final(std::errc::io_error, "syncing");
  EXPECT_THAT(drain_offsets(), ElementsAre(0U)) << "what is not settled is not handed out";
}

TEST_F(FailingDisk, MakesAFailedCommitFinal) {
  open();
  fill(1);
  disk_->write_errno = EIO;
  EXPECT_EQ(commit(1), std::errc::io_error);
  disk_->write_errno = 0;
  expect_final(std::errc::io_error, "writing");
}

TEST_F(FailingDisk, FailsWhereTheNextSegmentFindsNoRoom) {
  open();
  disk_->allocate_errno = ENOSPC;
  std::error_code error;
  while (!error) error = append("s", std::string(1000, 'x'));
  EXPECT_EQ(error, std::errc::no_space_on_device);
  expect_final(std::errc::no_space_on_device, "No space left");
}

TEST_F(FailingDisk, HasTheNextSegmentReadyWhenTheDiskFillsUp) {
  open();
  ASSERT_FALSE(commit(0));
  disk_->allocate_errno = ENOSPC;
  for (int bytes = 0; bytes < 28000; bytes += 1000) {
    ASSERT_FALSE(append("s", std::string(1000, 'x')));
  }
  EXPECT_EQ(segments().size(), 2U);
}

TEST_F(FailingDisk, ReportsAFailedRead) {
  open();
  fill(1);
  disk_->read_errno = EIO;
  const auto result = journal_->read();
  ASSERT_TRUE(std::holds_alternative<std::error_code>(result));
  disk_->read_errno = 0;
  expect_final(std::errc::io_error, "reading");
}

TEST_F(FailingDisk, CannotBeOpenedWhereItCannotBeRead) {
  open();
  fill(1);
  kill();
  disk_->read_errno = EIO;
  EXPECT_THAT(refusal(), HasSubstr("cannot read"));
  disk_->read_errno = 0;
  disk_->allocate_errno = ENOSPC;
  EXPECT_THAT(refusal(), HasSubstr("room for a segment"));
  disk_->allocate_errno = 0;
  EXPECT_THAT(refusal(), IsEmpty());
}

TEST_F(FailingDisk, SyncsEachAppendInModePowerOnly) {
  open();
  fill(10);
  EXPECT_EQ(disk_->syncs, 0U);
  config_.durability = Durability::power;
  open();
  const unsigned before = disk_->syncs;
  EXPECT_GT(disk_->folder_syncs, 0U) << "a new file is there only with its folder";
  fill(10);
  EXPECT_EQ(disk_->syncs, before + 10);
}

TEST_F(FailingDisk, HandsOutNothingBeforeItIsSettled) {
  config_.durability = Durability::power;
  open();
  std::vector<Offset> seen_by_sync;
  disk_->on_sync = [&] {
    for (const auto offset : drain_offsets()) seen_by_sync.push_back(offset);
  };
  fill(1);
  EXPECT_THAT(seen_by_sync, IsEmpty());
  EXPECT_THAT(drain_offsets(), ElementsAre(0U));
}

TEST_F(FailingDisk, SettlesASegmentBeforeTheNextOneBegins) {
  config_.durability = Durability::power;
  open();
  unsigned syncs = 0;
  disk_->on_sync = [&] {
    disk_->on_sync = nullptr;
    const unsigned before = disk_->syncs;
    ASSERT_FALSE(append("s", std::string(20000, 'x'))) << "finds the segment full";
    syncs = disk_->syncs - before;
  };
  fill(1);
  EXPECT_EQ(segments().size(), 2U);
  EXPECT_EQ(syncs, 3U) << "the segment whose own sync is under way, the new one, the record in it";
}

TEST_F(FailingDisk, ClosesWithASync) {
  open();
  fill(1);
  EXPECT_FALSE(journal_->close());
  EXPECT_EQ(disk_->syncs, 1U);
  EXPECT_TRUE(append("s", "after")) << "closed";
  open();
  EXPECT_EQ(drain().size(), 1U);
}

TEST_F(FailingDisk, SaysWhatToDoAboutAFolderThatIsNotThere) {
  config_.path = "/nowhere/at/all";
  EXPECT_THAT(refusal(), HasSubstr("journal.path"));
}

}  // namespace
}  // namespace millrace
