#include "source/ws_source.hpp"

#include <gtest/gtest.h>

#include <string>
#include <system_error>
#include <vector>

#include "support/notice_list.hpp"
#include "support/raw_websocket.hpp"
#include "unit/source/recording_intake.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

const std::error_code kNoRoom = std::make_error_code(std::errc::no_buffer_space);

class WsSourceTest : public testing::Test {
 protected:
  WsSourceTest() {
    config_.source.url = feed_.url();
    config_.source.keep_alive = 60s;  // no pause of a busy machine is silence
    config_.source.reconnect = {10ms, 40ms};
  }

  RawWebSocketPtr start() {
    source_ = make_ws_source(config_, notices_);
    source_->start(intake_);
    return feed_.accept();
  }

  bool wait_for_chunks(std::size_t count) {
    return wait_until([&] { return intake_.chunks().size() >= count; });
  }
  bool wait_for_ok(bool ok = true) {
    return wait_until([&] { return intake_.connection().ok == ok; });
  }
  bool wait_for_reason(const std::string& part) {
    return wait_until([&] { return intake_.connection().reason.find(part) != std::string::npos; });
  }
  std::vector<std::string> payloads() const {
    std::vector<std::string> list;
    for (const Chunk& chunk : intake_.chunks()) list.emplace_back(chunk.bytes.view());
    return list;
  }
  using Texts = std::vector<std::string>;

  WebSocketFeed feed_;
  Config config_;
  NoticeList notices_;
  RecordingIntake intake_;
  SourcePtr source_;
};

TEST_F(WsSourceTest, HandsInTextAndBinaryMessagesAsTheyAre) {
  const auto peer = start();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(wait_for_ok());
  peer->text("one");
  peer->send(kWsBinary, std::string("\xff\x00", 2));
  peer->text("");
  ASSERT_TRUE(wait_for_chunks(3));
  EXPECT_EQ(payloads(), (Texts{"one", std::string("\xff\x00", 2), ""}));
  EXPECT_EQ(intake_.chunks()[0].stream, feed_.url());
  EXPECT_TRUE(intake_.cuts().empty()) << "whole messages leave nothing open";
}

TEST_F(WsSourceTest, SaysInItsRequestWhatIsConfigured) {
  config_.source.url += "/feed?from=now";
  config_.source.token = "sesame";
  config_.source.headers = {{"X-Room", "7"}};
  const auto peer = start();
  ASSERT_TRUE(peer);
  const std::string& hello = peer->hello();
  EXPECT_TRUE(hello.starts_with("GET /feed?from=now HTTP/1.1\r\n")) << hello;
  EXPECT_NE(hello.find("\r\nAuthorization: Bearer sesame\r\n"), std::string::npos) << hello;
  EXPECT_NE(hello.find("\r\nX-Room: 7\r\n"), std::string::npos) << hello;
  const std::string host = "\r\nHost: 127.0.0.1:" + std::to_string(feed_.port()) + "\r\n";
  EXPECT_NE(hello.find(host), std::string::npos) << hello;
  EXPECT_EQ(hello.find("permessage-deflate"), std::string::npos);
}

TEST_F(WsSourceTest, SendsItsSubscriptionsInOrderAfterEachConnect) {
  config_.source.subscribe = {"{\"op\": \"subscribe\"}", "second"};
  auto peer = start();
  for (int connection = 0; connection < 2; ++connection) {
    ASSERT_TRUE(peer);
    const auto first = peer->next_data();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->opcode, kWsText);
    EXPECT_TRUE(first->masked);
    EXPECT_EQ(first->payload, "{\"op\": \"subscribe\"}");
    EXPECT_EQ(peer->next_data()->payload, "second");
    peer = nullptr;
    peer = feed_.accept();
  }
}

TEST_F(WsSourceTest, JoinsTheFragmentsOfAMessageAroundAPing) {
  const auto peer = start();
  ASSERT_TRUE(peer);
  peer->send(kWsText, "to", false);
  peer->send(kWsPing, "are you there?");
  peer->send(kWsContinue, "geth", false);
  peer->send(kWsContinue, "er");
  ASSERT_TRUE(wait_for_chunks(1));
  EXPECT_EQ(payloads(), Texts{"together"});
  const auto pong = peer->next();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode, kWsPong);
  EXPECT_EQ(pong->payload, "are you there?");
}

TEST_F(WsSourceTest, IsNotReadyUntilTheServerHasAgreed) {
  source_ = make_ws_source(config_, notices_);
  source_->start(intake_);
  EXPECT_FALSE(intake_.connection().ok);
  EXPECT_TRUE(intake_.connection().expected);
  const auto peer = feed_.accept_silently();
  ASSERT_TRUE(peer);
  EXPECT_FALSE(intake_.connection().ok);
  peer->send_bytes("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(wait_for_reason("the server answers 401 Unauthorized"));
  const auto again = feed_.accept();
  EXPECT_TRUE(again) << "it tries again";
  EXPECT_TRUE(wait_for_ok());
}

TEST_F(WsSourceTest, TellsOfTheGapThatALossLeaves) {
  auto peer = start();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(wait_for_ok());
  EXPECT_EQ(notices_.count("gap"), 0U);
  for (const std::string number : {"1", "2"}) {
    peer->close(1001);
    peer = nullptr;
    peer = feed_.accept();
    ASSERT_TRUE(peer);
    EXPECT_TRUE(wait_until(
        [&] { return notices_.count("gap " + number + ": what the feed sent from ") == 1; }));
  }
}

TEST_F(WsSourceTest, AnswersBadUtf8With1007AndALongMessageWith1009) {
  config_.limits.frame_bytes = 1000;
  config_.source.keep_alive = 1s;  // half an idle time is what it waits for the peer's end
  auto peer = start();
  ASSERT_TRUE(peer);
  peer->text("\xc3\x28");
  EXPECT_EQ(RawWebSocket::code_of(peer->next_data()), 1007U);
  EXPECT_TRUE(peer->wait_for_end());
  peer = feed_.accept();
  ASSERT_TRUE(peer);
  peer->text(std::string(1000, 'x'));
  peer->text(std::string(1001, 'x'));
  EXPECT_EQ(RawWebSocket::code_of(peer->next_data()), 1009U);
  peer = nullptr;
  EXPECT_TRUE(feed_.accept());
  EXPECT_EQ(notices_.count("a message was too long (limits.frame_bytes)"), 1U);
  EXPECT_EQ(payloads(), Texts{std::string(1000, 'x')});
}

TEST_F(WsSourceTest, CutsAStreamOfJoinedMessagesBeforeEachConnection) {
  config_.framing.type = FramingType::lines;
  auto peer = start();
  ASSERT_TRUE(peer);
  peer->text("half a li");
  ASSERT_TRUE(wait_for_chunks(1));
  ASSERT_EQ(intake_.cuts().size(), 1U);
  peer = nullptr;
  peer = feed_.accept();
  ASSERT_TRUE(peer);
  EXPECT_TRUE(wait_until([&] { return intake_.cuts().size() == 2; }));
  EXPECT_EQ(intake_.cuts()[1].stream, intake_.chunks()[0].stream);
  EXPECT_EQ(intake_.cuts()[1].cause, CutCause::closed);
}

TEST_F(WsSourceTest, HandsInNothingWhilePausedAndAllOfItAfterwards) {
  const auto peer = start();
  ASSERT_TRUE(peer);
  peer->text("0");
  ASSERT_TRUE(wait_for_chunks(1));
  source_->pause();
  for (int i = 1; i < 100; ++i) peer->text(std::to_string(i));
  ASSERT_TRUE(wait_until([&] { return intake_.connection().reason == "paused"; }));
  EXPECT_FALSE(intake_.connection().connected) << "so that no partial frame times out";
  EXPECT_EQ(intake_.offered(), 1U);
  source_->resume();
  ASSERT_TRUE(wait_for_chunks(100));
  EXPECT_EQ(payloads()[99], "99");
  EXPECT_TRUE(wait_for_ok());
  EXPECT_EQ(notices_.count("gap"), 0U);
}

TEST_F(WsSourceTest, KeepsTheMessageThatWasRefused) {
  intake_.answer_with(kNoRoom);
  const auto peer = start();
  ASSERT_TRUE(peer);
  peer->text("kept");
  peer->text("next");
  ASSERT_TRUE(intake_.wait_for_offers(2)) << "it is offered again where no pause follows";
  source_->pause();
  intake_.answer_with({});
  source_->resume();
  ASSERT_TRUE(wait_for_chunks(2));
  EXPECT_EQ(payloads(), (Texts{"kept", "next"}));
}

TEST_F(WsSourceTest, AnswersPingsWhilePausedAsLongAsNothingElseComes) {
  const auto peer = start();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(wait_for_ok());
  source_->pause();
  peer->send(kWsPing, "still there?");
  const auto pong = peer->next();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode, kWsPong);
}

TEST_F(WsSourceTest, ClosesALongPauseConnectsAgainAtTheResumeAndKeepsWhatItHolds) {
  config_.source.keep_alive = 400ms;
  auto peer = start();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(wait_for_ok());
  source_->pause();
  peer->text("held");
  peer->text("lost");
  const auto close = peer->next_data(kPatience, false);
  EXPECT_EQ(RawWebSocket::code_of(close), 1013U);
  peer = nullptr;
  EXPECT_FALSE(feed_.accept(300ms)) << "not while it is paused";
  EXPECT_EQ(intake_.offered(), 0U);
  source_->resume();
  peer = feed_.accept();
  ASSERT_TRUE(peer);
  peer->text("after");
  ASSERT_TRUE(wait_for_chunks(2));
  EXPECT_EQ(payloads(), (Texts{"held", "after"}));
  EXPECT_EQ(notices_.count("gap 1"), 1U);
}

TEST_F(WsSourceTest, GivesUpAPeerThatIsSilent) {
  config_.source.keep_alive = 200ms;
  const auto peer = start();
  ASSERT_TRUE(peer);
  EXPECT_TRUE(wait_for_reason("nothing was heard for 300 ms"));
  EXPECT_TRUE(feed_.accept());
}

TEST_F(WsSourceTest, KeepsAPeerThatOnlyAnswersPings) {
  config_.source.keep_alive = 200ms;
  const auto peer = start();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(wait_for_ok());
  for (int pings = 0; pings < 5; ++pings) {
    const auto ping = peer->next();
    ASSERT_TRUE(ping);
    ASSERT_EQ(ping->opcode, kWsPing);
    peer->send(kWsPong, ping->payload);
  }
  EXPECT_TRUE(intake_.connection().ok);
}

TEST_F(WsSourceTest, DoesNotWaitForEverForTheAnswerToItsClose) {
  auto peer = start();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(wait_for_ok());
  const auto begun = std::chrono::steady_clock::now();
  source_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  EXPECT_EQ(RawWebSocket::code_of(peer->next_data()), 1001U);
}

TEST_F(WsSourceTest, StopsAtOnceWhileItConnectsWaitsOrIsPaused) {
  source_ = make_ws_source(config_, notices_);
  source_->start(intake_);
  const auto peer = feed_.accept_silently();
  ASSERT_TRUE(peer);
  const auto begun = std::chrono::steady_clock::now();
  source_->stop();
  source_ = make_ws_source(config_, notices_);
  source_->start(intake_);
  source_->pause();
  source_->stop();
  config_.source.url = "ws://127.0.0.1:1";
  config_.source.reconnect = {1h, 1h};
  source_ = make_ws_source(config_, notices_);
  source_->start(intake_);
  EXPECT_TRUE(wait_for_reason("cannot connect to ws://127.0.0.1:1: Connection refused"));
  source_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

TEST_F(WsSourceTest, IsSilentAfterAnErrorOfTheIntake) {
  intake_.answer_with(std::make_error_code(std::errc::io_error));
  const auto peer = start();
  ASSERT_TRUE(peer);
  peer->text("one");
  ASSERT_TRUE(intake_.wait_for_offers(1));
  EXPECT_FALSE(feed_.accept(300ms)) << "it does not come again";
  source_->stop();
  EXPECT_EQ(intake_.offered(), 1U);
}

TEST_F(WsSourceTest, EndsAConnectionThatCannotBeFramedAndMakesAnotherOne) {
  auto peer = start();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(wait_for_ok());
  source_->close_stream(feed_.url());
  EXPECT_EQ(RawWebSocket::code_of(peer->next_data()), 1007U);
  peer = nullptr;
  EXPECT_TRUE(feed_.accept());
}

}  // namespace
}  // namespace millrace::test
