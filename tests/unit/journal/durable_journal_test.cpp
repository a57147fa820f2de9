#include "journal/durable_journal.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/durable_log.hpp"

#include "unit/journal/journal_folder.hpp"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DurableJournal : public JournalFolder {};

TEST_F(DurableJournal, HandsOutEverythingAfterAKill) {
  open();
  Chunk chunk;
  chunk.stream = "events/a";
  chunk.bytes = Payload("payload");
  chunk.received = std::chrono::system_clock::time_point(std::chrono::milliseconds(1234567));
  chunk.redelivered = true;
  chunk.properties =
      std::make_shared<const Properties>(Properties{.content_type = "text/plain",
                                                    .correlation_data = std::string("\0\1", 2),
                                                    .response_topic = "answers",
                                                    .message_expiry = 60,
                                                    .utf8_payload = true,
                                                    .user = {{"a", "1"}, {"a", "2"}}});
  ASSERT_FALSE(journal_->append(chunk));
  ASSERT_FALSE(
      journal_->append(Cut{.stream = "events/a", .cause = CutCause::timed_out, .last_read = 0}));

  open();
  EXPECT_EQ(journal_->unread(), 2U);
  const auto entries = drain();
  ASSERT_EQ(entries.size(), 2U);
  const auto& read = std::get<Chunk>(entries[0].what);
  EXPECT_EQ(read.stream, "events/a");
  EXPECT_EQ(read.bytes.view(), "payload");
  EXPECT_EQ(read.received, chunk.received);
  EXPECT_TRUE(read.redelivered);
  ASSERT_TRUE(read.properties);
  EXPECT_EQ(read.properties->content_type, "text/plain");
  EXPECT_EQ(read.properties->correlation_data, std::string("\0\1", 2));
  EXPECT_EQ(read.properties->response_topic, "answers");
  EXPECT_EQ(read.properties->message_expiry, 60U);
  EXPECT_TRUE(read.properties->utf8_payload);
  EXPECT_EQ(read.properties->user, chunk.properties->user);
  const auto& cut = std::get<Cut>(entries[1].what);
  EXPECT_EQ(cut.cause, CutCause::timed_out);
  EXPECT_EQ(cut.stream, "events/a");
  EXPECT_EQ(journal_->unread(), 0U);
}

TEST_F(DurableJournal, BeginsAgainAtTheWatermark) {
  open();
  fill(5);
  ASSERT_EQ(drain().size(), 5U);
  ASSERT_FALSE(journal_->commit({.watermark = {3, 1, 1}, .open = {}, .done = {}}));
  open();
  EXPECT_THAT(drain_offsets(), ElementsAre(4U)) << "entry 3 has one byte, and that is done";
}

TEST_F(DurableJournal, NeverReusesAnOffset) {
  for (Offset round = 0; round < 5; ++round) {
    open();
    fill(3);
    EXPECT_THAT(drain_offsets(), ElementsAre(3 * round, 3 * round + 1, 3 * round + 2));
    ASSERT_FALSE(commit(3 * round + 3));
  }
}

TEST_F(DurableJournal, KeepsItsEpoch) {
  const auto epoch = open().epoch();
  EXPECT_EQ(open().epoch(), epoch);
  std::filesystem::remove_all(config_.path);
  EXPECT_NE(open().epoch(), epoch);
}

TEST_F(DurableJournal, HasOneOwner) {
  open();
  EXPECT_THROW((void)open_durable_journal(config_, options_), JournalError);
  try {
    (void)open_durable_journal(config_, options_);
  } catch (const JournalError& error) {
    EXPECT_THAT(error.what(), HasSubstr("in use by process " + std::to_string(::getpid())));
  }
}

TEST_F(DurableJournal, UnlinksSegmentsThatAreDone) {
  config_.max_bytes = 256U << 10U;
  open();
  for (int i = 0; i < 500; ++i) {
    ASSERT_FALSE(append("s", std::string(4000, 'x')));
    ASSERT_EQ(drain().size(), 1U);
    ASSERT_FALSE(commit(static_cast<Offset>(i) + 1));
    ASSERT_LE(segments().size(), 2U);
  }
  EXPECT_EQ(journal_->state().entries, 0U);
}

TEST_F(DurableJournal, RefusesChunksBeyondItsQuotaUntilThereIsRoomAgain) {
  config_.max_bytes = 256U << 10U;
  open();
  Offset stored = 0;
  while (!append("s", std::string(1000, 'x'))) ++stored;
  EXPECT_EQ(append("s", std::string(1000, 'x')), std::errc::no_buffer_space);
  EXPECT_GT(journal_->state().bytes, config_.max_bytes * 8 / 10) << "high water must be reachable";
  EXPECT_LE(journal_->state().bytes, config_.max_bytes);
  EXPECT_FALSE(journal_->append(Cut{.stream = "s"})) << "a cut is always admitted";
  EXPECT_TRUE(journal_->state().writable);
  EXPECT_EQ(drain().size(), stored + 1);
  ASSERT_FALSE(commit(stored + 1));
  EXPECT_EQ(journal_->state().bytes, 0U);
  EXPECT_FALSE(append("s", std::string(1000, 'x')));
}

TEST_F(DurableJournal, AdmitsOneEntryOfAnySizeWhenItIsEmpty) {
  config_.max_bytes = 256U << 10U;
  open();
  const std::string large(1U << 20U, 'x');
  EXPECT_FALSE(append("s", large));
  EXPECT_EQ(append("s", large), std::errc::no_buffer_space);
  open();
  const auto entries = drain();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(bytes_of(entries[0]), large);
}

TEST_F(DurableJournal, RefusesABacklogOfAnotherConfiguration) {
  open();
  fill(1);
  options_.fingerprint = "configuration two";
  EXPECT_THAT(refusal(), HasSubstr("--accept-backlog"));
  options_.accept_backlog = true;
  EXPECT_THAT(refusal(), IsEmpty());
  options_.accept_backlog = false;
  EXPECT_THAT(refusal(), IsEmpty()) << "it is this configuration's now";
}

TEST_F(DurableJournal, TakesAnotherConfigurationWhenNothingWaits) {
  open();
  fill(1);
  drain();
  ASSERT_FALSE(commit(1));
  options_.fingerprint = "configuration two";
  EXPECT_THAT(refusal(), IsEmpty());
}

TEST_F(DurableJournal, IsForItsOwnerOnly) {
  open();
  fill(1);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(config_.path).permissions(), perms::owner_all);
  for (const auto& file : std::filesystem::directory_iterator(config_.path)) {
    EXPECT_EQ(file.status().permissions(), perms::owner_read | perms::owner_write) << file.path();
  }
}

TEST_F(DurableJournal, LeavesNoDescriptorToAChildProcess) {
  open();
  fill(1);
  drain();
  unsigned files = 0;
  for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(fd.path(), error).string();
    if (error || !target.starts_with(config_.path)) continue;
    ++files;
    EXPECT_NE(::fcntl(std::stoi(fd.path().filename()), F_GETFD) & FD_CLOEXEC, 0) << target;
  }
  EXPECT_EQ(files, 4U) << "folder, lock, segment written, segment read";
}

TEST_F(DurableJournal, ReadsABacklogOfAnyLengthThroughOneSmallBuffer) {
  open();
  const std::string bytes(1000, 'x');
  for (int i = 0; i < 20000; ++i) ASSERT_FALSE(append("s", bytes));
  ASSERT_FALSE(append("s", std::string(1U << 20U, 'x')));
  ASSERT_FALSE(append("s", bytes));
  ASSERT_FALSE(append("s", bytes));
  open();
  const auto& log = dynamic_cast<const DurableLog&>(*journal_);
  std::size_t largest = 0;
  for (int i = 0; i < 20000; ++i) {
    ASSERT_TRUE(std::holds_alternative<Entry>(journal_->read()));
    largest = std::max(largest, log.read_buffer());
  }
  EXPECT_LE(largest, SegmentReader::kReadAhead);
  EXPECT_EQ(drain().size(), 3U);
  EXPECT_LE(log.read_buffer(), SegmentReader::kReadAhead) << "also after a long record";
}

TEST_F(DurableJournal, KeepsTheSegmentsOfAFrameThatIsNotComplete) {
  config_.max_bytes = 256U << 10U;
  open();
  ASSERT_FALSE(append("slow", "begun"));
  for (int i = 0; i < 50; ++i) ASSERT_FALSE(append("s", std::string(1000, 'x')));
  drain();
  ASSERT_FALSE(
      journal_->commit({.watermark = {51, 0, 0}, .open = {{"slow", {0, 2, 1}}}, .done = {}}));
  EXPECT_GT(segments().size(), 2U);
  EXPECT_EQ(journal_->state().bytes, 0U) << "a pause could not make it less";
  open();
  const auto entries = drain();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].from_byte, 2U);
  EXPECT_EQ(entries[0].first_index, 1U);
  ASSERT_FALSE(commit(51));
  EXPECT_EQ(segments().size(), 1U);
}

TEST_F(DurableJournal, KeepsTheSegmentOfTheFirstEntryThatIsNeeded) {
  options_.segment_bytes = 4096;
  open();
  for (int i = 0; i < 4; ++i) ASSERT_FALSE(append("s", std::string(3000, 'x')));
  EXPECT_EQ(segments().size(), 4U) << "one entry each";
  drain();
  ASSERT_FALSE(commit(2));
  EXPECT_EQ(segments().size(), 2U);
  open();
  EXPECT_THAT(drain_offsets(), ElementsAre(2U, 3U));
}

TEST_F(DurableJournal, DoesNotGrowFromKillToKill) {
  for (int round = 0; round < 50; ++round) {
    open();
    fill(3);
    const auto entries = drain();
    ASSERT_FALSE(commit(entries.back().offset));
  }
  EXPECT_LE(segments().size(), 3U);
}

}  // namespace
}  // namespace millrace
