#include "sink/ws_listen_sink.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "support/notice_list.hpp"
#include "support/ports.hpp"
#include "support/raw_websocket.hpp"
#include "unit/sink/recorded_deliveries.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// So little that a client that reads nothing is full soon.
constexpr int kSmallBuffer = 4096;

class WsListenSinkTest : public testing::Test {
 protected:
  WsListenSinkTest() {
    config_.url = "ws-listen://127.0.0.1:" + std::to_string(port_) + "/out";
    config_.keep_alive = 10s;
  }

  void start() {
    sink_ = make_ws_listen_sink(config_, notices_);
    sink_->start(deliveries_);
  }
  RawWebSocketPtr join(int receive_buffer = 0) const {
    auto client = connect_websocket(port_, "/out", {}, receive_buffer);
    EXPECT_TRUE(client && client->hello().starts_with("HTTP/1.1 101 "));
    return client;
  }
  // A client is one when its upgrade has been answered, a moment before it is served.
  RawWebSocketPtr joined(int receive_buffer = 0) {
    auto client = join(receive_buffer);
    const auto hears = [&](const std::string& text) {
      for (;;) {
        const auto frame = client->next_data(50ms);
        if (!frame || frame->payload == text) return frame.has_value();
      }
    };
    EXPECT_TRUE(wait_until([&] {
      send("hello");
      return hears("hello");
    }));
    send("hello, that was all");
    EXPECT_TRUE(wait_until([&] { return hears("hello, that was all"); }));
    return client;
  }
  void send(const std::string& bytes) { sink_->accept(result_of(next_++, bytes)); }
  bool all_confirmed() const { return deliveries_.wait_for(next_); }

  // Results in order up to `last`, from wherever it begins.
  static testing::AssertionResult reads_up_to(RawWebSocket& client, std::uint64_t last) {
    std::optional<std::uint64_t> previous;
    while (!previous || *previous < last) {
      const auto frame = client.next_data();
      if (!frame) return testing::AssertionFailure() << "ends at " << previous.value_or(0);
      if (frame->opcode != kWsText)
        return testing::AssertionFailure() << "opcode " << frame->opcode;
      if (frame->payload.starts_with("hello")) continue;
      const auto number = std::stoull(frame->payload);
      if (previous && number != *previous + 1) {
        return testing::AssertionFailure() << number << " after " << *previous;
      }
      previous = number;
    }
    return testing::AssertionSuccess();
  }

  const std::uint16_t port_ = free_port();
  SinkConfig config_;
  NoticeList notices_;
  RecordedDeliveries deliveries_;
  SinkPtr sink_;
  std::uint64_t next_ = 0;
};

TEST_F(WsListenSinkTest, SendsEveryClientEveryResultFromItsConnectionOn) {
  start();
  const auto one = joined();
  send("1001");
  const auto two = joined();
  for (int i = 1002; i <= 2000; ++i) send(std::to_string(i));
  EXPECT_TRUE(all_confirmed());
  const auto first = one->next_data();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->payload, "1001");
  EXPECT_FALSE(first->masked);
  EXPECT_TRUE(reads_up_to(*one, 2000));
  EXPECT_TRUE(reads_up_to(*two, 2000));
}

TEST_F(WsListenSinkTest, SendsANewClientNothingOlderAlsoWhereAnotherIsBehind) {
  config_.client_queue = 1000;
  config_.client_queue_bytes = 100'000'000;
  start();
  const auto slow = joined(kSmallBuffer);
  for (int i = 0; i < 100; ++i) send("old" + std::string(50000, 'x'));
  ASSERT_TRUE(all_confirmed());
  const auto late = join();
  std::optional<WsFrame> first;
  EXPECT_TRUE(wait_until([&] {
    send("new");
    return (first = late->next_data(50ms)).has_value();
  }));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->payload.substr(0, 10), "new");
}

TEST_F(WsListenSinkTest, TellsHowManyClientsThereAre) {
  start();
  EXPECT_EQ(notices_.clients(), 0U);
  auto one = joined();
  const auto two = joined();
  EXPECT_EQ(notices_.clients(), 2U);
  one.reset();
  EXPECT_TRUE(wait_until([&] { return notices_.clients() == 1; }));
}

TEST_F(WsListenSinkTest, SendsBinaryWhereAResultIsNoUtf8) {
  start();
  const auto client = joined();
  send("\xff");
  const auto frame = client->next_data();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, kWsBinary);
  EXPECT_EQ(frame->payload, "\xff");
}

TEST_F(WsListenSinkTest, DropsWhatNobodyHearsAndSaysHowMuch) {
  start();
  for (int i = 0; i < 50; ++i) send("unheard");
  EXPECT_TRUE(all_confirmed());
  const auto client = joined();
  EXPECT_EQ(notices_.count("50 results were dropped while there was none"), 1U);
}

TEST_F(WsListenSinkTest, HoldsResultsForTheFirstClientWhereItIsTold) {
  config_.hold = true;
  start();
  for (int i = 0; i < 50; ++i) send(std::to_string(i));
  EXPECT_FALSE(wait_until([&] { return !deliveries_.numbers().empty(); }, 200ms));
  const auto client = join();
  EXPECT_TRUE(reads_up_to(*client, 49));
  EXPECT_TRUE(all_confirmed());
}

TEST_F(WsListenSinkTest, DisconnectsTheSlowOneWith1013AndDelaysNobody) {
  config_.client_queue = 20;
  start();
  const auto slow = joined(kSmallBuffer);
  const auto quick = joined();
  std::vector<std::string> sent;
  bool lost = false;
  // The quick one reads each at once; the other one none, until the kernel takes no more for it.
  for (int i = 0; i < 2000 && notices_.count("disconnected with 1013") == 0; ++i) {
    const std::string large = std::to_string(i) + std::string(50000, 'x');
    send(large);
    const auto frame = quick->next_data();
    lost = lost || !frame || frame->payload != large;
  }
  EXPECT_FALSE(lost);
  EXPECT_EQ(notices_.count("is disconnected with 1013; 1 since the start"), 1U);
  EXPECT_TRUE(all_confirmed());
  // It hears why if it reads after all.
  std::optional<WsFrame> last;
  while (const auto frame = slow->next_data(5s)) {
    last = frame;
    if (frame->opcode == kWsClose) break;
  }
  EXPECT_EQ(RawWebSocket::code_of(last), 1013U);
  send("fresh");
  EXPECT_EQ(quick->next_data()->payload, "fresh");
}

TEST_F(WsListenSinkTest, ResetsASlowOneThatNeverReads) {
  config_.client_queue_bytes = 100000;
  start();
  const auto slow = joined(kSmallBuffer);
  for (int i = 0; i < 2000 && notices_.count("disconnected with 1013") == 0; ++i) {
    send(std::string(50000, 'x'));
    ASSERT_TRUE(all_confirmed());
  }
  EXPECT_EQ(notices_.count("disconnected with 1013"), 1U);
  const auto begun = std::chrono::steady_clock::now();
  sink_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
}

TEST_F(WsListenSinkTest, BlamesNoClientForItsOwnHurry) {
  config_.client_queue = 2;
  start();
  const auto client = joined();
  for (int i = 0; i < 5000; ++i) send(std::to_string(i));
  EXPECT_TRUE(reads_up_to(*client, 4999));
  EXPECT_EQ(notices_.count("1013"), 0U);
}

TEST_F(WsListenSinkTest, FindsClientsThatAreGoneWithoutAWord) {
  config_.keep_alive = 200ms;
  config_.max_clients = 1;
  start();
  const auto silent = join();
  EXPECT_TRUE(wait_until([&] {
    const auto next = connect_websocket(port_, "/out");
    return next->hello().starts_with("HTTP/1.1 101 ");
  }));
}

TEST_F(WsListenSinkTest, AnswersPingsAndPassesOverWhatClientsSay) {
  start();
  const auto client = joined();
  client->text("nobody asked");
  client->send(kWsPing, "there?");
  const auto pong = client->next();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode, kWsPong);
  EXPECT_EQ(pong->payload, "there?");
}

TEST_F(WsListenSinkTest, SendsWhatIsOwedAndThen1001AtTheStop) {
  start();
  auto client = joined();
  for (int i = 0; i < 500; ++i) send(std::to_string(i));
  ASSERT_TRUE(all_confirmed());
  auto stopped = std::async(std::launch::async, [this] { sink_->stop(); });
  EXPECT_TRUE(reads_up_to(*client, 499));
  EXPECT_EQ(RawWebSocket::code_of(client->next_data()), 1001U);
  client->close(1001);
  client = nullptr;
  EXPECT_EQ(stopped.wait_for(2s), std::future_status::ready);
  EXPECT_FALSE(accepts(port_));
}

TEST_F(WsListenSinkTest, CannotBeMadeWhereItsPortIsTaken) {
  start();
  EXPECT_THROW(static_cast<void>(make_ws_listen_sink(config_, notices_)), std::runtime_error);
}

}  // namespace
}  // namespace millrace::test
