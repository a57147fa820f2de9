#include "commands/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>

#include "event/event_id.hpp"
#include "evidence/crash_slots.hpp"
#include "unit/journal/journal_folder.hpp"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class JournalCommand : public JournalFolder {
 protected:
  struct Answer {
    int code = 0;
    std::vector<nlohmann::json> out;
    std::string err;
  };

  Answer call(JournalAction action, const std::string& id = {}) const {
    Config config = config_of_run_;
    config.journal = config_;
    std::ostringstream out;
    std::ostringstream err;
    Answer answer;
    answer.code = journal({.action = action, .id = id}, config, out, err);
    answer.err = err.str();
    std::istringstream lines(out.str());
    for (std::string line; std::getline(lines, line);)
      answer.out.push_back(nlohmann::json::parse(line));
    return answer;
  }

  std::string id(Offset offset, std::uint32_t index = 0) {
    open();
    const auto epoch = journal_->epoch();
    kill();
    return to_string(EventId{.epoch = epoch, .offset = offset, .index = index});
  }

  Config config_of_run_;
};

TEST_F(JournalCommand, StatSaysWhatThereIs) {
  open();
  fill(5);
  drain();
  ASSERT_FALSE(
      journal_->commit({.watermark = {3, 0, 0}, .open = {{"s", {1, 0, 0}}}, .done = {{4, 0}}}));
  kill();
  const auto answer = call(JournalAction::stat);
  EXPECT_EQ(answer.code, 0);
  ASSERT_THAT(answer.out, SizeIs(1));
  const auto& stat = answer.out[0];
  EXPECT_EQ(stat["entries"], 2);
  EXPECT_EQ(stat["next_offset"], 5);
  EXPECT_EQ(stat["watermark"]["offset"], 3);
  EXPECT_EQ(stat["fingerprint"], "configuration one");
  EXPECT_EQ(stat["open"][0]["id"], id(1));
  EXPECT_EQ(stat["done"], nlohmann::json::array({id(4)}));
  EXPECT_THAT(stat["damages"], IsEmpty());
}

TEST_F(JournalCommand, StatShowsFramesThatCrashedTheProcessWithoutCountingThem) {
  open();
  fill(5);
  const auto epoch = journal_->epoch();
  const Folder folder(config_.path, std::make_shared<FileLayer>(), false);
  {
    CrashSlots slots(folder, epoch, 1, 2);
    slots.hold(1, {epoch, 3, 0}, 1).mark_crashed(SIGSEGV);
  }
  kill();
  for (int look = 0; look < 2; ++look) {
    const auto stat = call(JournalAction::stat).out.at(0);
    EXPECT_EQ(
        stat["crashes"],
        nlohmann::json::array(
            {{{"id", to_string(EventId{epoch, 3, 0})}, {"crashes", 1}, {"last", "SIGSEGV"}}}));
  }
  open();
  drain();
  ASSERT_FALSE(commit(4));
  kill();
  EXPECT_THAT(call(JournalAction::stat).out.at(0)["crashes"], IsEmpty()) << "it is done";
}

TEST_F(JournalCommand, ListShowsWhatTheNextStartReads) {
  open();
  fill(3);
  ASSERT_FALSE(journal_->append(Cut{.stream = "s", .cause = CutCause::timed_out}));
  drain();
  ASSERT_FALSE(commit(1));
  kill();
  const auto answer = call(JournalAction::list);
  EXPECT_EQ(answer.code, 0);
  ASSERT_THAT(answer.out, SizeIs(3));
  EXPECT_EQ(answer.out[0]["offset"], 1);
  EXPECT_EQ(answer.out[0]["stream"], "s");
  EXPECT_EQ(answer.out[0]["first_id"], id(1));
  EXPECT_FALSE(answer.out[0].contains("payload"));
  EXPECT_EQ(answer.out[2]["kind"], "cut");
  EXPECT_EQ(answer.out[2]["cause"], "timed_out");
}

TEST_F(JournalCommand, ExportHoldsThePayloads) {
  open();
  Chunk chunk;
  chunk.stream = "s";
  chunk.bytes = Payload(std::string("\xff\0", 2));
  chunk.properties = std::make_shared<const Properties>(Properties{.user = {{"k", "v"}}});
  ASSERT_FALSE(journal_->append(chunk));
  ASSERT_FALSE(append("s", "text"));
  kill();
  const auto answer = call(JournalAction::export_all);
  ASSERT_THAT(answer.out, SizeIs(2));
  EXPECT_EQ(answer.out[0]["payload"], "/wA=");
  EXPECT_EQ(answer.out[0]["encoding"], "base64");
  EXPECT_EQ(answer.out[0]["properties"]["user"], nlohmann::json::parse(R"([["k", "v"]])"));
  EXPECT_EQ(answer.out[1]["payload"], "text");
  EXPECT_EQ(answer.out[1]["encoding"], "utf8");
}

TEST_F(JournalCommand, SkipMarksOneEventAsDoneAndKeepsTheConfiguration) {
  open();
  fill(3);
  const auto skipped = id(1);
  const auto answer = call(JournalAction::skip, skipped);
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out[0]["skipped"], skipped);
  open();
  const auto entries = drain();
  ASSERT_THAT(entries, SizeIs(3));
  EXPECT_THAT(entries[0].done, IsEmpty());
  EXPECT_THAT(entries[1].done, ElementsAre(0U));
  EXPECT_THAT(entries[2].done, IsEmpty());
  ASSERT_FALSE(commit(1));
  open();
  EXPECT_THAT(drain()[0].done, ElementsAre(0U)) << "a later commit does not forget it";
}

TEST_F(JournalCommand, SkipRefusesWhatDoesNotWait) {
  open();
  fill(3);
  drain();
  ASSERT_FALSE(commit(1));
  for (const auto& wrong : {id(0), id(3), id(1, 1)}) {
    const auto answer = call(JournalAction::skip, wrong);
    EXPECT_EQ(answer.code, 1) << wrong;
    EXPECT_THAT(answer.err, HasSubstr("millrace journal list"));
  }
  EXPECT_EQ(call(JournalAction::skip, id(1)).code, 0);
  EXPECT_EQ(call(JournalAction::skip, id(1)).code, 1) << "once is enough";
  EXPECT_EQ(call(JournalAction::skip, "nonsense").code, 2);
  EXPECT_EQ(call(JournalAction::skip, "").code, 2);
  EXPECT_THAT(call(JournalAction::skip, "00000000-1.0").err, HasSubstr("another journal"));
}

TEST_F(JournalCommand, SkipTakesALaterFrameOfAChunkWhereFramingMakesSeveral) {
  config_of_run_.framing.type = FramingType::lines;
  open();
  fill(1);
  EXPECT_EQ(call(JournalAction::skip, id(0, 2)).code, 0);
  open();
  EXPECT_THAT(drain()[0].done, ElementsAre(2U));
}

TEST_F(JournalCommand, SetAsideLeavesAFreshJournalAndKeepsTheOldOne) {
  open();
  fill(3);
  const auto epoch = journal_->epoch();
  kill();
  for (const char* companion : {"crash-slots", "dedupe-00000000000000000001"}) {
    save(std::filesystem::path(config_.path) / companion, "what belongs to it");
  }
  const auto answer = call(JournalAction::set_aside);
  EXPECT_EQ(answer.code, 0) << answer.err;
  const std::string aside = answer.out[0]["set_aside"];
  for (const char* companion : {"crash-slots", "dedupe-00000000000000000001"}) {
    EXPECT_TRUE(std::filesystem::exists(aside + "/" + companion));
    EXPECT_FALSE(std::filesystem::exists(config_.path + "/" + companion));
  }
  open();
  EXPECT_NE(journal_->epoch(), epoch);
  EXPECT_THAT(drain(), IsEmpty());
  config_.path = aside;
  open();
  EXPECT_EQ(journal_->epoch(), epoch);
  EXPECT_THAT(drain(), SizeIs(3));
}

TEST_F(JournalCommand, WorksOnlyWhileNobodyElseDoes) {
  open();
  for (const auto action : {JournalAction::stat, JournalAction::list, JournalAction::export_all,
                            JournalAction::repair, JournalAction::set_aside}) {
    const auto answer = call(action);
    EXPECT_EQ(answer.code, 3);
    EXPECT_THAT(answer.err, HasSubstr("in use by process"));
  }
}

TEST_F(JournalCommand, SaysThatThereIsNoJournal) {
  EXPECT_THAT(call(JournalAction::stat).err, HasSubstr("journal.path"));
  std::filesystem::create_directory(config_.path);
  const auto answer = call(JournalAction::stat);
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("there is none"));
  EXPECT_TRUE(std::filesystem::is_empty(config_.path)) << "and makes none";
}

TEST_F(JournalCommand, ReadsOnlyWithoutChangingAnything) {
  open();
  fill(3);
  kill();
  const auto before = load(segments().front());
  call(JournalAction::stat);
  call(JournalAction::list);
  call(JournalAction::repair);
  EXPECT_THAT(segments(), SizeIs(1));
  EXPECT_EQ(load(segments().front()), before);
}

TEST_F(JournalCommand, ListsWhatCanBeReadOfADamagedOne) {
  open();
  for (const auto* payload : {"one", "damaged", "three"}) ASSERT_FALSE(append("s", payload));
  const auto file = segments().front();
  kill();
  auto bytes = load(file);
  bytes[bytes.find("damaged")] ^= 1;
  save(file, bytes);
  const auto answer = call(JournalAction::list);
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.out, SizeIs(2));
  EXPECT_THAT(answer.err, HasSubstr("millrace journal repair"));
  EXPECT_THAT(call(JournalAction::stat).out[0]["damages"], SizeIs(1));
  EXPECT_EQ(call(JournalAction::skip, "00000000-1.0").code, 3);
}

}  // namespace
}  // namespace millrace
