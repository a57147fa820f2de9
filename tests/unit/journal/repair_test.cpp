#include "journal/repair.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "unit/journal/journal_folder.hpp"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Repair : public JournalFolder {
 protected:
  Repair() { options_.segment_bytes = 4096; }

  RepairReport repair() {
    kill();
    const OfflineJournal journal(config_.path);
    return repair_journal(journal, std::chrono::system_clock::now());
  }

  // Changes the byte `ahead` of the first place where these bytes stand.
  void damage(const std::filesystem::path& file, const std::string& where, std::size_t ahead = 0) {
    kill();
    auto bytes = load(file);
    const auto at = bytes.find(where);
    ASSERT_NE(at, std::string::npos);
    bytes[at + ahead] ^= 1;
    save(file, bytes);
  }

  static std::vector<Offset> chunks(const std::vector<Entry>& entries) {
    std::vector<Offset> offsets;
    for (const auto& entry : entries) {
      if (std::holds_alternative<Chunk>(entry.what)) offsets.push_back(entry.offset);
    }
    return offsets;
  }

  static std::vector<std::pair<Offset, std::string>> cuts(const std::vector<Entry>& entries) {
    std::vector<std::pair<Offset, std::string>> found;
    for (const auto& entry : entries) {
      if (const auto* cut = std::get_if<Cut>(&entry.what)) {
        found.emplace_back(entry.offset, cut->stream);
      }
    }
    return found;
  }
};

TEST_F(Repair, PutsAGapInThePlaceOfABadRecordAndKeepsTheFile) {
  open();
  ASSERT_FALSE(append("a", "first of a"));
  ASSERT_FALSE(append("b", "damaged"));
  ASSERT_FALSE(append("a", "second of a"));
  const auto file = segments().front();
  damage(file, "damaged");
  const auto before = load(file);
  const auto report = repair();
  ASSERT_THAT(report.damages, SizeIs(1));
  EXPECT_EQ(report.damages[0].first, 1U);
  EXPECT_EQ(report.damages[0].next, 2U);
  EXPECT_EQ(load(std::filesystem::path(report.kept) / file.filename()), before);
  open();
  EXPECT_EQ(journal_->unread(), 3U);
  const auto entries = drain();
  EXPECT_THAT(chunks(entries), ElementsAre(0U, 2U));
  EXPECT_THAT(cuts(entries), ElementsAre(std::pair<Offset, std::string>(1U, "a")))
      << "what was lost may have been the middle of a frame of a";
  ASSERT_FALSE(append("a", "later"));
  EXPECT_THAT(drain_offsets(), ElementsAre(3U));
}

TEST_F(Repair, CutsEveryStreamThatALossMayHaveHitInsideAFrame) {
  open();
  for (const auto* stream : {"a", "b", "c"}) ASSERT_FALSE(append(stream, "whole"));
  drain();
  ASSERT_FALSE(journal_->commit({.watermark = {3, 0, 0}, .open = {{"b", {1, 0, 0}}}, .done = {}}));
  ASSERT_FALSE(append("d", "damaged"));
  ASSERT_FALSE(append("e", "whole"));
  damage(segments().front(), "damaged");
  ASSERT_THAT(repair().damages, SizeIs(1));
  open();
  EXPECT_EQ(journal_->unread(), 3U);
  const auto entries = drain();
  EXPECT_THAT(chunks(entries), ElementsAre(1U, 4U));
  EXPECT_THAT(cuts(entries), ElementsAre(std::pair<Offset, std::string>(3U, "b")));
}

TEST_F(Repair, CutsNothingWhereOnlyACommitIsLost) {
  open();
  ASSERT_FALSE(append("a", "whole"));
  ASSERT_FALSE(journal_->commit({.watermark = {0, 0, 0}, .open = {{"marker", {}}}, .done = {}}));
  ASSERT_FALSE(append("a", "whole too"));
  damage(segments().front(), "marker");
  EXPECT_THAT(repair().damages, SizeIs(1));
  open();
  const auto entries = drain();
  EXPECT_THAT(chunks(entries), ElementsAre(0U, 1U));
  EXPECT_THAT(cuts(entries), IsEmpty());
}

TEST_F(Repair, RebuildsADamagedHeader) {
  open();
  fill(2);
  open();
  fill(2);
  open();
  damage(segments()[1], "millrace", 3);
  ASSERT_THAT(repair().damages, SizeIs(1));
  open();
  EXPECT_THAT(drain_offsets(), ElementsAre(0U, 1U, 2U, 3U));
}

TEST_F(Repair, StandsInForMissingSegments) {
  for (const std::size_t lost : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    std::filesystem::remove_all(config_.path);
    open();
    for (int i = 0; i < 10; ++i) ASSERT_FALSE(append("s", std::string(1500, 'x')));
    kill();
    const auto all = segments();
    ASSERT_GE(all.size(), 5U);
    std::filesystem::remove(all[lost]);
    std::filesystem::remove(all[lost + 1]);
    const auto report = repair();
    std::set<Offset> gone;
    for (const auto& damage : report.damages) {
      for (auto offset = damage.first; offset < damage.next; ++offset) gone.insert(offset);
    }
    EXPECT_FALSE(gone.empty());
    open();
    std::vector<Offset> expected;
    for (Offset offset = 0; offset < 10; ++offset) {
      if (!gone.contains(offset)) expected.push_back(offset);
    }
    EXPECT_EQ(chunks(drain()), expected) << "segments " << lost << " and the next one";
  }
}

TEST_F(Repair, MendsWhateverByteIsFlippedWithoutAWrongEntry) {
  open();
  ASSERT_FALSE(append("a", "zero"));
  ASSERT_FALSE(append("a", "damaged, and given up by a repair"));
  ASSERT_FALSE(journal_->append(Cut{.stream = "a"}));
  ASSERT_FALSE(commit(0));
  ASSERT_FALSE(append("a", "three"));
  damage(segments().front(), "damaged");
  ASSERT_THAT(repair().damages, SizeIs(1));
  open();
  keep();
  const auto file = segments().front();
  const auto original = load(file);
  const auto end = original.find_last_not_of('\0') + 1;
  unsigned mended = 0;
  for (std::size_t at = 0; at < end; ++at) {
    restore();
    auto bytes = original;
    bytes[at] ^= 4;
    save(file, bytes);
    try {
      if (!repair().damages.empty()) ++mended;
    } catch (const JournalError&) {
      EXPECT_TRUE(at >= 16 && at < 20) << "all but the version can be mended, but not byte " << at;
      continue;
    }
    open();
    for (const auto& entry : drain()) {
      if (!std::holds_alternative<Chunk>(entry.what)) continue;
      EXPECT_EQ(bytes_of(entry), entry.offset == 0 ? "zero" : "three");
      EXPECT_TRUE(entry.offset == 0 || entry.offset == 3);
    }
  }
  EXPECT_EQ(mended + 4, end);
}

TEST_F(Repair, HasNothingToDoForATornTail) {
  open();
  fill(2);
  const auto file = segments().front();
  kill();
  auto bytes = load(file);
  bytes.resize(bytes.find_last_not_of('\0'));
  save(file, bytes);
  EXPECT_THAT(repair().damages, IsEmpty());
  EXPECT_EQ(load(file), bytes);
}

TEST_F(Repair, RefusesWhatHasNoHeaderAtAll) {
  open();
  damage(segments().front(), "millrace", 0);
  EXPECT_THROW(repair(), JournalError);
}

}  // namespace
}  // namespace millrace
