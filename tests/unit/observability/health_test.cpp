#include "observability/health.hpp"

#include <gtest/gtest.h>

#include <string>

namespace millrace {
namespace {

using namespace std::chrono_literals;

class HealthTest : public testing::Test {
 protected:
  void everything_is_well() {
    health_.connection_changed(End::source, {true, true, ""});
    health_.connection_changed(End::sink, {true, true, ""});
    health_.journal_changed({});
  }

  static Frame frame(std::uint64_t number) {
    Frame frame;
    frame.number = number;
    frame.id = {0x5f3a9c01, number, 0};
    return frame;
  }

  std::string ready_part(const std::string& name) const {
    const std::string body = health_.ready().body;
    const auto start = body.find("\"" + name + "\": {") + name.size() + 4;
    return body.substr(start, body.find('}', start) + 1 - start);
  }

  Health::Clock::time_point now_ = Health::Clock::now();
  Health health_{[this] { return now_; }};
};

TEST_F(HealthTest, IsNotReadyBeforeItsEndsAreConnected) {
  EXPECT_EQ(health_.ready().status, 503U);
  EXPECT_EQ(health_.ready().body,
            R"({"ready": false, "source": {"ok": false, "reason": "not yet connected"}, )"
            R"("sink": {"ok": false, "reason": "not yet connected"}, "journal": {"ok": true}, )"
            R"("processing": {"ok": true}})");
}

TEST_F(HealthTest, IsReadyWhenAllIsWell) {
  everything_is_well();
  EXPECT_EQ(health_.ready().status, 200U);
  EXPECT_EQ(health_.ready().body,
            R"({"ready": true, "source": {"ok": true}, "sink": {"ok": true}, )"
            R"("journal": {"ok": true}, "processing": {"ok": true}})");
}

TEST_F(HealthTest, IsNotReadyButLiveWhileEventsWaitForTheProcessor) {
  everything_is_well();
  health_.processing_changed({false, "cannot start worker: No such file"});
  EXPECT_EQ(health_.ready().status, 503U);
  EXPECT_EQ(ready_part("processing"),
            R"({"ok": false, "reason": "cannot start worker: No such file"})");
  EXPECT_EQ(health_.live().status, 200U);
  health_.processing_changed({});
  EXPECT_EQ(health_.ready().status, 200U);
}

TEST_F(HealthTest, IsLiveAlthoughTheBrokerIsAway) {
  health_.connection_changed(End::source, {false, false, "Connection refused"});
  health_.connection_changed(End::sink, {false, false, "Connection refused"});
  EXPECT_EQ(health_.live().status, 200U);
  EXPECT_EQ(health_.live().body, R"({"live": true})");
  EXPECT_EQ(ready_part("source"), R"({"ok": false, "reason": "Connection refused"})");
}

TEST_F(HealthTest, IsNotLiveWhenTheControlThreadHasNotMovedForTenSeconds) {
  everything_is_well();
  now_ += 9999ms;
  EXPECT_EQ(health_.live().status, 200U);
  now_ += 1ms;
  EXPECT_EQ(health_.live().status, 503U);
  EXPECT_EQ(health_.live().body,
            R"({"live": false, "reason": "the control thread has not moved for 10 s"})");
  EXPECT_EQ(health_.ready().status, 503U);
  health_.beat();
  EXPECT_EQ(health_.live().status, 200U);
}

TEST_F(HealthTest, IsNotLiveUntilEveryCallThatOverranHasReturned) {
  everything_is_well();
  health_.work_overran(frame(1), {});
  health_.work_overran(frame(2), {});
  EXPECT_EQ(health_.live().status, 503U);
  EXPECT_NE(health_.live().body.find("5f3a9c01-1.0"), std::string::npos);
  EXPECT_NE(ready_part("processing").find(R"("ok": false)"), std::string::npos);
  health_.overrun_ended(frame(1), {});
  EXPECT_EQ(health_.live().status, 503U);
  health_.overrun_ended(frame(2), {});
  EXPECT_EQ(health_.live().status, 200U);
  EXPECT_EQ(health_.ready().status, 200U);
}

TEST_F(HealthTest, IsNotReadyWhileItStopsButLive) {
  everything_is_well();
  health_.stopping();
  EXPECT_EQ(health_.ready().status, 503U);
  EXPECT_EQ(ready_part("source"), R"({"ok": false, "reason": "stopping"})");
  EXPECT_EQ(health_.live().status, 200U);
}

TEST_F(HealthTest, IsNotReadyWhilePausedAndSaysSo) {
  everything_is_well();
  health_.paused(true);
  health_.connection_changed(End::source, {false, false, "disconnected"});
  EXPECT_NE(ready_part("source").find("paused"), std::string::npos);
  health_.paused(false);
  health_.connection_changed(End::source, {true, true, ""});
  EXPECT_EQ(health_.ready().status, 200U);
}

TEST_F(HealthTest, IsNotReadyWhenTheJournalIsNotWritable) {
  everything_is_well();
  health_.journal_changed({false, "No space left on device", 0, 0, 0});
  EXPECT_EQ(health_.ready().status, 503U);
  EXPECT_EQ(ready_part("journal"), R"({"ok": false, "reason": "No space left on device"})");
  health_.journal_changed({});
  EXPECT_EQ(health_.ready().status, 200U);
}

TEST_F(HealthTest, CountsDeadLettersWithAConnectionOfTheirOwnToTheSink) {
  everything_is_well();
  health_.connection_changed(End::dead_letters, {false, false, "refused"});
  EXPECT_EQ(ready_part("sink"), R"({"ok": false, "reason": "dead letters: refused"})");
  health_.connection_changed(End::dead_letters, {true, true, ""});
  EXPECT_EQ(health_.ready().status, 200U);
}

TEST_F(HealthTest, SaysInShortWhatIsTheMatter) {
  EXPECT_EQ(health_.condition().reason, "source: not yet connected");
  everything_is_well();
  EXPECT_EQ(health_.condition().reason, "");
  EXPECT_FALSE(health_.condition().paused);
  health_.connection_changed(End::sink, {false, false, "refused"});
  EXPECT_EQ(health_.condition().reason, "sink: refused");
  health_.paused(true);
  EXPECT_TRUE(health_.condition().paused);
  EXPECT_EQ(health_.condition().reason,
            "source: paused: no room for more until results have gone out");
  health_.stopping();
  EXPECT_FALSE(health_.condition().paused);
  EXPECT_EQ(health_.condition().reason, "source: stopping");
}

TEST_F(HealthTest, QuotesReasonsWhateverIsInThem) {
  health_.connection_changed(End::source, {false, false, "said \"no\"\n\xff"});
  EXPECT_EQ(ready_part("source"),
            "{\"ok\": false, \"reason\": \"said \\\"no\\\"\\n\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace millrace
