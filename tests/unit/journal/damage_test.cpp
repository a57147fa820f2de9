#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/journal/faulty_files.hpp"
#include "unit/journal/journal_folder.hpp"

namespace millrace {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JournalDamage : public JournalFolder {
 protected:
  JournalDamage() { options_.segment_bytes = 4096; }

  // Every kind of record, a chunk with everything that a chunk can have first and last.
  void write_all_kinds() {
    open();
    ASSERT_FALSE(journal_->append(rich_chunk("first")));
    ASSERT_FALSE(journal_->append(Cut{.stream = "t", .cause = CutCause::timed_out}));
    ASSERT_FALSE(
        journal_->commit({.watermark = {0, 0, 0}, .open = {{"t", {0, 0, 0}}}, .done = {{1, 0}}}));
    ASSERT_FALSE(journal_->append(rich_chunk("last")));
  }

  static Chunk rich_chunk(const std::string& bytes) {
    Chunk chunk;
    chunk.stream = "topic/of/it";
    chunk.bytes = Payload(bytes);
    chunk.properties = std::make_shared<const Properties>(Properties{.content_type = "c",
                                                                     .correlation_data = "d",
                                                                     .response_topic = "r",
                                                                     .message_expiry = 1,
                                                                     .utf8_payload = false,
                                                                     .user = {{"k", "v"}}});
    return chunk;
  }

  // Bytes up to the last one that is not zero: all the log, for records that end in text.
  static std::size_t used(const std::string& bytes) { return bytes.find_last_not_of('\0') + 1; }

  static void expect_intact(const Entry& entry) {
    ASSERT_THAT(entry.offset, AnyOf(0U, 1U, 2U));
    if (entry.offset == 1) {
      EXPECT_EQ(std::get<Cut>(entry.what).stream, "t");
      EXPECT_EQ(std::get<Cut>(entry.what).cause, CutCause::timed_out);
      return;
    }
    const auto& chunk = std::get<Chunk>(entry.what);
    EXPECT_EQ(chunk.stream, "topic/of/it");
    EXPECT_EQ(chunk.bytes.view(), entry.offset == 0 ? "first" : "last");
    ASSERT_TRUE(chunk.properties);
    EXPECT_EQ(chunk.properties->user[0].second, "v");
  }

  // Flips bits of one byte after another; `unnoticed` counts those that changed nothing.
  struct Flips {
    std::vector<std::size_t> unnoticed;
    std::vector<std::size_t> torn;
    std::size_t refused = 0;
  };
  Flips flip_every_byte(const std::string& name, char bits) {
    Flips flips;
    const auto original = load(kept() / name);
    for (std::size_t at = 0; at < used(original); ++at) {
      auto bytes = original;
      bytes[at] = static_cast<char>(bytes[at] ^ bits);
      restore();
      save(std::filesystem::path(config_.path) / name, bytes);
      try {
        open();
      } catch (const JournalError& error) {
        EXPECT_THAT(error.what(), AnyOf(HasSubstr("repair"), HasSubstr("set-aside")));
        ++flips.refused;
        continue;
      }
      const auto entries = drain();
      for (const auto& entry : entries) expect_intact(entry);
      (entries.size() == 3 ? flips.unnoticed : flips.torn).push_back(at);
    }
    return flips;
  }
};

TEST_F(JournalDamage, SurvivesATearAtEveryByteOfTheLastRecord) {
  open();
  fill(1);
  const auto name = segments().back().filename();
  const auto before = used(load(segments().back()));
  ASSERT_FALSE(append("s", "last"));
  const auto end = used(load(segments().back()));
  keep();
  const auto original = load(kept() / name);
  ASSERT_GT(end, before + 32);
  for (auto at = before + 1; at < end; ++at) {
    restore();
    auto bytes = original;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), '\0');
    save(std::filesystem::path(config_.path) / name, bytes);
    notices_.clear();
    open();
    EXPECT_THAT(drain_offsets(), ElementsAre(0U)) << "torn at byte " << at;
    ASSERT_FALSE(append("s", "next"));
    open();
    EXPECT_THAT(drain_offsets(), ElementsAre(0U, 1U));
    EXPECT_LE(notices_.size(), 1U);
  }
}

TEST_F(JournalDamage, NeverHandsOutAWrongEntryWhateverByteIsFlipped) {
  write_all_kinds();
  keep();
  const auto name = segments().back().filename().string();
  for (const char bits : {'\x08', '\xff'}) {
    const auto flips = flip_every_byte(name, bits);
    EXPECT_THAT(flips.unnoticed, IsEmpty());
    EXPECT_GT(flips.refused, 400U) << "all but the last record";
    ASSERT_FALSE(flips.torn.empty());
    EXPECT_GT(flips.torn.size(), 32U + 4U) << "the last record";
    EXPECT_EQ(flips.torn.back() - flips.torn.front() + 1, flips.torn.size());
  }
}

TEST_F(JournalDamage, RefusesEveryFlipInAnOlderSegment) {
  write_all_kinds();
  const auto name = segments().back().filename().string();
  open();
  keep();
  const auto flips = flip_every_byte(name, '\x10');
  EXPECT_THAT(flips.unnoticed, IsEmpty());
  EXPECT_THAT(flips.torn, IsEmpty());
}

TEST_F(JournalDamage, RefusesAMissingSegment) {
  open();
  for (int i = 0; i < 10; ++i) ASSERT_FALSE(append("s", std::string(2000, 'x')));
  ASSERT_GT(segments().size(), 3U);
  keep();
  for (std::size_t index = 0; index + 1 < segments().size(); ++index) {
    restore();
    std::filesystem::remove(segments()[index]);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("missing"), HasSubstr("millrace journal repair")));
    restore();
  }
}

TEST_F(JournalDamage, RefusesASegmentWhoseNumberIsFarAway) {
  open();
  const auto file = segments().front();
  kill();
  std::filesystem::copy(file, file.parent_path() / "segment-18446744073709551615.log");
  EXPECT_THAT(refusal(), HasSubstr("18446744073709551615.log does not follow"));
}

TEST_F(JournalDamage, RefusesASegmentThatIsShorterThanItWas) {
  open();
  fill(3);
  open();
  const auto file = segments().front();
  kill();
  std::filesystem::resize_file(file, used(load(file)) - 20);
  EXPECT_THAT(refusal(), HasSubstr("is damaged from byte"));
}

TEST_F(JournalDamage, RefusesAnotherFormatVersion) {
  open();
  const auto file = segments().front();
  kill();
  auto bytes = load(file);
  bytes[16] = 2;
  save(file, bytes);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("format version 2"), HasSubstr("reads version 1"),
                               HasSubstr("millrace journal set-aside")));
  EXPECT_EQ(load(file), bytes) << "and leaves it as it is";
}

TEST_F(JournalDamage, RefusesTheSegmentOfAnotherJournal) {
  open();
  const auto config = config_;
  config_.path = (folder_.path() / "other").string();
  open();
  open();
  const auto foreign = segments().back();
  kill();
  const auto other_path = std::exchange(config_.path, config.path);
  std::filesystem::copy(foreign, std::filesystem::path(config_.path) / foreign.filename());
  EXPECT_THAT(refusal(), HasSubstr("belongs to another journal"));
}

TEST_F(JournalDamage, RefusesAFolderOfOtherThings) {
  std::filesystem::create_directory(config_.path);
  save(std::filesystem::path(config_.path) / "notes.txt", "mine");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("notes.txt"), HasSubstr("journal.path")));
  std::filesystem::remove(std::filesystem::path(config_.path) / "notes.txt");
  std::filesystem::create_directory(std::filesystem::path(config_.path) / "lost+found");
  EXPECT_THAT(refusal(), IsEmpty());
}

// Else what arrives in that place later would count as done.
TEST_F(JournalDamage, RefusesACommitOfWhatHadNotArrived) {
  for (const Commit& ahead : {Commit{.watermark = {2, 0, 0}, .open = {}, .done = {}},
                              Commit{.watermark = {1, 1, 0}, .open = {}, .done = {}},
                              Commit{.watermark = {1, 0, 1}, .open = {}, .done = {}},
                              Commit{.watermark = {}, .open = {{"s", {1, 0, 0}}}, .done = {}},
                              Commit{.watermark = {}, .open = {}, .done = {{1, 0}}}}) {
    std::filesystem::remove_all(config_.path);
    open();
    fill(1);
    ASSERT_FALSE(journal_->commit(ahead));
    fill(2);
    kill();
    EXPECT_THAT(refusal(), HasSubstr("is damaged from byte"));
  }
}

TEST_F(JournalDamage, TakesNoRecordForOneThatStandsInAPayload) {
  open();
  fill(3);
  const auto inside = load(segments().back());
  ASSERT_FALSE(append("s", inside.substr(0, 1000)));
  const auto file = segments().back();
  kill();
  auto bytes = load(file);
  bytes[used(bytes) - 1] ^= 1;  // of the payload, whose record is the last one
  save(file, bytes);
  open();
  EXPECT_THAT(drain_offsets(), ElementsAre(0U, 1U, 2U));
}

// With `power`, what lies behind the last sync can be lost in any order by a loss of power.
TEST_F(JournalDamage, TakesAHoleBehindTheLastSyncForATornTail) {
  config_.durability = Durability::power;
  const auto disk = std::make_shared<test::FaultyFiles>();
  options_.files = disk;
  open();
  fill(1);
  const auto file = segments().back();
  const auto hole = used(load(file));
  disk->on_sync = [&] {
    disk->on_sync = nullptr;
    ASSERT_FALSE(append("s", "written while the one before is being synced"));
  };
  ASSERT_FALSE(append("s", "being synced"));
  const auto damage = [&] {
    auto bytes = load(file);
    bytes[hole + 20] ^= 1;
    save(file, bytes);
  };
  keep();
  damage();
  open();
  EXPECT_THAT(drain_offsets(), ElementsAre(0U));
  EXPECT_THAT(notices_.back().text, HasSubstr("incomplete record"));

  restore();
  open();
  kill();
  damage();
  EXPECT_THAT(refusal(), HasSubstr("damaged")) << "the run after it has found it settled";
}

TEST_F(JournalDamage, RefusesAHoleBeforeTheLastSync) {
  config_.durability = Durability::power;
  open();
  fill(1);
  const auto file = segments().back();
  const auto hole = used(load(file));
  fill(2);
  kill();
  auto bytes = load(file);
  bytes[hole + 20] ^= 1;
  save(file, bytes);
  EXPECT_THAT(refusal(), HasSubstr("damaged"));
}

}  // namespace
}  // namespace millrace
