#include "observability/log.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace millrace {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// 2026-01-31T12:00:00.123Z
constexpr std::chrono::milliseconds kTime{1769860800123};

class LogTest : public testing::Test {
 protected:
  Log make(LogFormat format, LogLevel level = LogLevel::info) {
    return Log(
        {level, format}, out_, [this] { return steady_; },
        [] { return std::chrono::system_clock::time_point(kTime); });
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::istringstream in(out_.str());
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }

  static Frame frame() {
    Frame frame;
    frame.id = {0x5f3a9c01, 17, 0};
    frame.stream = "events/a";
    frame.raw = frame.payload = Payload(std::string("secret payload"));
    return frame;
  }

  static Outcome outcome(Verdict verdict) {
    return {std::make_shared<Frame>(frame()), std::move(verdict), 3};
  }

  std::ostringstream out_;
  std::chrono::steady_clock::time_point steady_ = std::chrono::steady_clock::now();
};

TEST_F(LogTest, WritesANoticeAsOneLineOfText) {
  make(LogFormat::text).notice({Severity::info, "source", "subscribed to events/#"});
  EXPECT_EQ(out_.str(), "2026-01-31T12:00:00.123Z info source: subscribed to events/#\n");
}

TEST_F(LogTest, WritesTheSameFieldsAsJson) {
  make(LogFormat::json).outcome_emitted(outcome(Rejected{"no number"}));
  make(LogFormat::text).outcome_emitted(outcome(Rejected{"no number"}));
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_EQ(json::parse(lines()[0]), json({{"time", "2026-01-31T12:00:00.123Z"},
                                           {"level", "warning"},
                                           {"component", "processing"},
                                           {"text", "a dead letter in its place: no number"},
                                           {"event", "5f3a9c01-17.0"},
                                           {"attempt", 3}}));
  EXPECT_EQ(lines()[1],
            "2026-01-31T12:00:00.123Z warning processing: a dead letter in its place: no number "
            "event=5f3a9c01-17.0 attempt=3");
}

TEST_F(LogTest, WritesWhatAWorkerProcessSaysWithItsEvent) {
  const EventId id{0x5f3a9c01, 17, 0};
  Log log = make(LogFormat::text);
  log.worker_said(2, &id, "Traceback \x1b[31m");
  log.worker_said(2, nullptr, "hello");
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_EQ(lines()[0],
            "2026-01-31T12:00:00.123Z info worker: 2: Traceback \\x1b[31m event=5f3a9c01-17.0");
  EXPECT_EQ(lines()[1], "2026-01-31T12:00:00.123Z info worker: 2: hello");
}

TEST_F(LogTest, SaysThatAnAttemptWhichDoesNotCountIsHeld) {
  make(LogFormat::text).work_finished(frame(), {.number = 1}, Failed{"nobody there", 5ms});
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_NE(lines()[0].find("processing: held, no attempt is spent: nobody there"),
            std::string::npos);
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
  Log log = make(LogFormat::text, LogLevel::warning);
  log.notice({Severity::info, "source", "fine"});
  log.notice({Severity::error, "source", "not fine"});
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_NE(lines()[0].find("error source: not fine"), std::string::npos);
}

TEST_F(LogTest, TakesAnotherLevelWhileItRuns) {
  Log log = make(LogFormat::text, LogLevel::warning);
  log.set_level(LogLevel::debug);
  log.work_started(frame(), {});
  EXPECT_EQ(lines().size(), 1U);
  log.set_level(LogLevel::error);
  log.notice({Severity::warning, "source", "odd"});
  EXPECT_EQ(lines().size(), 1U);
}

TEST_F(LogTest, WritesNothingAtInfoForAnEventThatGoesWell) {
  Log log = make(LogFormat::text);
  log.chunk_received({});
  log.frame_cut(frame());
  log.work_started(frame(), {});
  log.work_finished(frame(), {}, Result{});
  log.outcome_emitted(outcome(Result{}));
  log.outcome_filtered(outcome(Filtered{}));
  log.outcome_filtered(outcome(Filtered{"duplicate"}));
  log.outcome_confirmed(0);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(LogTest, WritesPayloadsAtNoLevel) {
  Log log = make(LogFormat::text, LogLevel::debug);
  log.frame_cut(frame());
  log.work_started(frame(), {});
  log.work_finished(frame(), {}, Failed{"no luck"});
  log.retry_scheduled(frame(), 200ms);
  log.work_overran(frame(), {});
  log.overrun_ended(frame(), {});
  log.outcome_emitted(outcome(Failed{"no luck"}));
  log.outcome_dropped(outcome(Failed{"no luck"}));
  EXPECT_EQ(lines().size(), 8U);
  EXPECT_EQ(out_.str().find("secret"), std::string::npos) << out_.str();
}

TEST_F(LogTest, SaysWhyAnEventWasDroppedOrIsARepeat) {
  Log log = make(LogFormat::text, LogLevel::debug);
  log.outcome_dropped(outcome(Rejected{"no number"}));
  log.outcome_filtered(outcome(Filtered{"duplicate"}));
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_NE(lines()[0].find("warning processing: dropped by processing.on_failure: no number"),
            std::string::npos);
  EXPECT_NE(lines()[1].find("debug processing: filtered: duplicate"), std::string::npos);
}

TEST_F(LogTest, SaysHowManyOfACauseWereLeftOut) {
  Log log = make(LogFormat::text);
  for (int i = 0; i < 100; ++i) log.notice({Severity::warning, "sink", "refused"});
  const std::size_t burst = lines().size();
  EXPECT_LT(burst, 20U);
  steady_ += 1min;
  log.notice({Severity::warning, "sink", "refused"});
  ASSERT_EQ(lines().size(), burst + 1);
  EXPECT_NE(lines().back().find("left_out=" + std::to_string(100 - burst)), std::string::npos)
      << lines().back();
}

TEST_F(LogTest, SaysAtItsEndWhatWasLeftOut) {
  {
    Log log = make(LogFormat::json);
    for (int i = 0; i < 100; ++i) log.notice({Severity::warning, "sink", "refused"});
  }
  const auto last = json::parse(lines().back());
  EXPECT_EQ(last["text"], "left out: sink: refused");
  EXPECT_EQ(last["left_out"], 100 - (lines().size() - 1));
}

TEST_F(LogTest, SaysFromTimeToTimeWhatWasLeftOut) {
  Log log = make(LogFormat::text);
  for (int i = 0; i < 100; ++i) log.notice({Severity::warning, "sink", "refused"});
  const std::size_t burst = lines().size();
  log.report_left_out();
  EXPECT_EQ(lines().size(), burst);
  steady_ += 1min;
  log.report_left_out();
  EXPECT_EQ(lines().size(), burst + 1);
}

TEST_F(LogTest, TellsOfConnectionsPausesAndTheJournal) {
  Log log = make(LogFormat::text);
  log.connection_changed(End::source, {true, true, ""});
  log.connection_changed(End::sink, {false, false, "Connection refused"});
  log.connection_changed(End::dead_letters, {false, false, ""});
  log.paused(true);
  log.paused(false);
  log.journal_changed({true, "", 1, 1, 1});
  log.journal_changed({false, "No space left on device", 1, 1, 1});
  log.journal_changed({false, "No space left on device", 1, 1, 1});
  log.journal_changed({true, "", 1, 1, 1});
  std::string all;
  for (const auto& line : lines()) all += line.substr(sizeof "2026-01-31T12:00:00.123Z") + "\n";
  EXPECT_EQ(all,
            "info source: connected\n"
            "warning sink: Connection refused; trying again\n"
            "warning dead letters: not connected; trying again\n"
            "warning source: paused: no room until results have gone out\n"
            "info source: resumed: there is room again\n"
            "error journal: not writable, stopping: No space left on device\n"
            "info journal: writable again\n");
}

TEST_F(LogTest, KeepsOneLineOneLineWhateverTheText) {
  make(LogFormat::text).notice({Severity::info, "source", "a\nb\r\x1b[31m\x7f%v{}"});
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_NE(lines()[0].find(R"(source: a\x0ab\x0d\x1b[31m\x7f%v{})"), std::string::npos)
      << lines()[0];
}

TEST_F(LogTest, WritesValidJsonForAnyText) {
  std::mt19937 random(20260131);
  std::uniform_int_distribution<int> byte(0, 255);
  std::uniform_int_distribution<std::size_t> length(0, 40);
  for (int round = 0; round < 2000; ++round) {
    std::string text(length(random), ' ');
    for (char& c : text) c = static_cast<char>(byte(random));
    out_.str("");
    make(LogFormat::json).notice({Severity::info, text, text + "%v"});
    ASSERT_EQ(lines().size(), 1U);
    ASSERT_TRUE(json::accept(lines()[0])) << lines()[0];
  }
}

}  // namespace
}  // namespace millrace
