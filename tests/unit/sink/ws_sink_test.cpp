#include "sink/ws_sink.hpp"

#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/raw_websocket.hpp"
#include "unit/sink/recorded_deliveries.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

class WsSinkTest : public testing::Test {
 protected:
  WsSinkTest() {
    config_.url = server_.url();
    config_.keep_alive = 10s;
    config_.reconnect = {10ms, 40ms};
  }

  RawWebSocketPtr start() {
    sink_ = make_ws_sink(config_);
    sink_->start(deliveries_);
    return server_.accept();
  }
  void send(const std::string& bytes) { sink_->accept(result_of(next_++, bytes)); }

  WebSocketFeed server_;
  SinkConfig config_;
  RecordedDeliveries deliveries_;
  SinkPtr sink_;
  std::uint64_t next_ = 0;
};

TEST_F(WsSinkTest, SendsTextWhereItIsUtf8ElseBinaryAndConfirmsInOrder) {
  const auto peer = start();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(deliveries_.wait_for_ok());
  send("gr\xc3\xbc\xc3\x9f");
  send("\xff");
  send("");
  for (const auto& [opcode, payload] : std::vector<std::pair<int, std::string>>{
           {kWsText, "gr\xc3\xbc\xc3\x9f"}, {kWsBinary, "\xff"}, {kWsText, ""}}) {
    const auto frame = peer->next_data();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode, opcode);
    EXPECT_TRUE(frame->fin);
    EXPECT_TRUE(frame->masked);
    EXPECT_EQ(frame->payload, payload);
  }
  ASSERT_TRUE(deliveries_.wait_for(3));
  EXPECT_EQ(deliveries_.numbers(), (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST_F(WsSinkTest, SendsALargeResultAsOneFrame) {
  const auto peer = start();
  ASSERT_TRUE(peer);
  std::string large(3U << 20U, 'x');
  large[100000] = 'y';
  send(large);
  const auto frame = peer->next_data();
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->fin);
  EXPECT_TRUE(frame->payload == large);
}

TEST_F(WsSinkTest, WrapsResultsInAnEnvelope) {
  config_.envelope = true;
  const auto peer = start();
  ASSERT_TRUE(peer);
  send("\xff");
  const auto frame = peer->next_data();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, kWsText);
  const auto json = nlohmann::json::parse(frame->payload);
  EXPECT_EQ(json.at("id"), "0000abcd-0.0");
  EXPECT_EQ(json.at("payload"), "/w==");
  EXPECT_EQ(json.at("encoding"), "base64");
}

TEST_F(WsSinkTest, KeepsWhatComesWhileThereIsNoConnection) {
  sink_ = make_ws_sink(config_);
  sink_->start(deliveries_);
  for (int i = 0; i < 100; ++i) send(std::to_string(i));
  EXPECT_TRUE(deliveries_.numbers().empty());
  const auto peer = server_.accept();
  ASSERT_TRUE(peer);
  for (int i = 0; i < 100; ++i) {
    const auto frame = peer->next_data();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->payload, std::to_string(i));
  }
  EXPECT_TRUE(deliveries_.wait_for(100));
}

// A message that is larger than every socket's buffers cannot have been written to a peer that
// reads nothing.
TEST_F(WsSinkTest, SendsAgainInOrderWhatHadNotBeenWritten) {
  auto peer = start();
  ASSERT_TRUE(peer);
  send("first");
  ASSERT_TRUE(deliveries_.wait_for(1));
  const std::string large(16U << 20U, 'x');
  send(large);
  send("third");
  EXPECT_FALSE(wait_until([&] { return deliveries_.numbers().size() > 1; }, 300ms));
  peer = nullptr;
  peer = server_.accept();
  ASSERT_TRUE(peer);
  EXPECT_TRUE(peer->next_data()->payload == large);
  EXPECT_EQ(peer->next_data()->payload, "third");
  ASSERT_TRUE(deliveries_.wait_for(3));
  EXPECT_EQ(deliveries_.numbers(), (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST_F(WsSinkTest, AnswersPingsAndPassesOverWhatItIsSent) {
  const auto peer = start();
  ASSERT_TRUE(peer);
  peer->text("nobody asked");
  peer->send(kWsPing, "there?");
  const auto pong = peer->next();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode, kWsPong);
  send("result");
  EXPECT_EQ(peer->next_data()->payload, "result");
}

TEST_F(WsSinkTest, SaysWhyThePeerHasClosed) {
  const auto peer = start();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(deliveries_.wait_for_ok());
  peer->send(kWsClose, std::string("\x03\xf0", 2) + "no\nentry");
  EXPECT_TRUE(deliveries_.wait_for_reason("the peer has closed it with 1008: no entry"));
}

TEST_F(WsSinkTest, GivesUpAPeerThatIsSilent) {
  config_.keep_alive = 200ms;
  const auto peer = start();
  ASSERT_TRUE(peer);
  EXPECT_TRUE(deliveries_.wait_for_reason("nothing was heard for 300 ms"));
}

TEST_F(WsSinkTest, ClosesWith1001AtTheStop) {
  auto peer = start();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(deliveries_.wait_for_ok());
  send("last");
  ASSERT_TRUE(deliveries_.wait_for(1));
  auto stopped = std::async(std::launch::async, [this] { sink_->stop(); });
  EXPECT_EQ(peer->next_data()->payload, "last");
  EXPECT_EQ(RawWebSocket::code_of(peer->next_data()), 1001U);
  peer->close(1001);
  peer = nullptr;
  EXPECT_EQ(stopped.wait_for(2s), std::future_status::ready);
}

}  // namespace
}  // namespace millrace::test
