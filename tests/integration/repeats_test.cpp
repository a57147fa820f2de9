// What a consumer can tell repeats by, through the whole program, a real broker and kill -9.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <set>

#include "program.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::SizeIs;

std::string property(const PeerMessage& message, const std::string& name) {
  for (const auto& [key, value] : message.properties.user) {
    if (key == name) return value;
  }
  return "(none)";
}

Properties with(const std::string& name, const std::string& value) {
  Properties properties;
  properties.user = {{name, value}};
  return properties;
}

/// A program on a journal, which may be killed and started again.
class Repeats : public ::testing::Test {
 protected:
  void start(const std::string& url) {
    variables_["SOURCE_URL"] = url;
    variables_["SINK_URL"] = broker_.url();
    variables_["SOURCE_TOPICS"] = "events/#";
    variables_["JOURNAL_PATH"] = folder_.path().string() + "/journal";
    variables_["JOURNAL_DURABILITY"] = "process";
    millrace_ = std::make_unique<Program>(variables_);
    ASSERT_TRUE(millrace_->wait_until_ready()) << millrace_->output();
  }
  void kill() {
    millrace_->signal(SIGKILL);
    (void)millrace_->wait();
  }

  const TempFolder folder_;
  Mosquitto broker_;
  Variables variables_;
  std::unique_ptr<Program> millrace_;
};

TEST_F(Repeats, CarryTheSameIdAndEveryEventOneOfItsOwn) {
  variables_["PROCESSING_TYPE"] = "square";
  variables_["PROCESSING_DELAY"] = "2ms";
  MqttPeer peer(broker_.port(), "peer");
  peer.subscribe("results");
  start(broker_.url());
  constexpr int kEvents = 400;
  for (int i = 0; i < kEvents; ++i) peer.post("events/a", std::to_string(i));
  for (std::size_t seen : {20U, 120U, 220U}) {
    ASSERT_TRUE(peer.wait_for(seen));
    kill();
    start(broker_.url());
  }
  ASSERT_TRUE(peer.flush());
  ASSERT_TRUE(peer.wait_for(kEvents));
  peer.publish("events/a", "100000");
  ASSERT_TRUE(peer.wait_for(kEvents + 1));
  std::map<std::string, std::set<std::string>> payloads_of_id;
  std::map<std::string, std::set<std::string>> unmarked_ids_of_payload;
  const auto done = [&] {
    for (const auto& message : peer.messages()) {
      const auto id = property(message, "millrace-id");
      payloads_of_id[id].insert(message.payload);
      const bool marked = property(message, "millrace-redelivered") == "1";
      if (!marked) unmarked_ids_of_payload[message.payload].insert(id);
    }
    return unmarked_ids_of_payload.count("10000000000") > 0;
  };
  ASSERT_TRUE(wait_until(done));
  for (const auto& [id, payloads] : payloads_of_id) EXPECT_THAT(payloads, SizeIs(1)) << id;
  for (const auto& [payload, ids] : unmarked_ids_of_payload) {
    EXPECT_THAT(ids, SizeIs(1)) << "a replay gives " << payload << " another id";
  }
  EXPECT_EQ(millrace_->stop(), 0);
}

TEST_F(Repeats, AreMarkedWhereTheBrokerSaysThatTheyMayBeSome) {
  WireTap tap(broker_.port());
  MqttPeer peer(broker_.port(), "peer");
  peer.subscribe("results");
  start(tap.url());
  tap.intercept([](Packet& packet) {
    const bool lost = packet.type == PacketType::puback && packet.link == 0;
    return lost ? WireTap::Action::cut : WireTap::Action::pass;
  });
  peer.publish("events/a", "same");
  ASSERT_TRUE(peer.wait_for(2)) << "the acknowledgement was lost: it comes again";
  peer.publish("events/a", "same");
  ASSERT_TRUE(peer.wait_for(3));
  const auto messages = peer.messages();
  EXPECT_EQ(property(messages[0], "millrace-redelivered"), "(none)");
  EXPECT_EQ(property(messages[1], "millrace-redelivered"), "1");
  EXPECT_EQ(property(messages[2], "millrace-redelivered"), "(none)");
  EXPECT_NE(property(messages[0], "millrace-id"), property(messages[1], "millrace-id"));
  EXPECT_EQ(millrace_->stop(), 0);
}

TEST_F(Repeats, AreDroppedByTheProducersOwnKeyOverRestarts) {
  variables_["SOURCE_DEDUPE"] = R"({"key": "property:n", "window": 1000})";
  MqttPeer peer(broker_.port(), "peer");
  peer.subscribe("results");
  start(broker_.url());
  peer.publish("events/a", "no key");
  peer.publish("events/a", "no key");
  for (const char* key : {"a", "b", "a"}) peer.publish("events/a", key, 1, false, with("n", key));
  // What was not yet committed when it is killed comes again, under its id.
  const auto events = [&] {
    std::set<std::string> ids;
    std::vector<std::string> payloads;
    for (const auto& message : peer.messages()) {
      if (ids.insert(property(message, "millrace-id")).second) payloads.push_back(message.payload);
    }
    return payloads;
  };
  ASSERT_TRUE(wait_until([&] { return events().size() == 4; }));
  kill();
  start(broker_.url());
  for (const char* key : {"b", "c", "a"}) peer.publish("events/b", key, 1, false, with("n", key));
  ASSERT_TRUE(wait_until([&] { return events().size() == 5; }));
  ASSERT_EQ(millrace_->stop(), 0);
  start(broker_.url());
  for (const char* key : {"c", "d"}) peer.publish("events/a", key, 1, false, with("n", key));
  EXPECT_TRUE(wait_until([&] { return events().size() == 6; }));
  EXPECT_EQ(millrace_->stop(), 0);
  EXPECT_THAT(events(), ElementsAre("no key", "no key", "a", "b", "c", "d"));
}

// The events under way when it is killed come again under their ids: not one of them is lost for
// meeting its own key.
TEST_F(Repeats, AreDroppedWithoutLosingAnEventOfAReplay) {
  variables_["SOURCE_DEDUPE"] = R"({"key": "pointer:/n", "window": 1000})";
  MqttPeer peer(broker_.port(), "peer");
  peer.subscribe("results");
  start(broker_.url());
  constexpr int kEvents = 300;
  for (int i = 0; i < kEvents; ++i) {
    const auto payload = R"({"n": )" + std::to_string(i) + "}";
    peer.post("events/a", payload);
    if (i % 3 == 0) peer.post("events/b", payload);
  }
  ASSERT_TRUE(peer.wait_for(30));
  kill();
  start(broker_.url());
  ASSERT_TRUE(peer.flush());
  peer.publish("events/a", R"({"n": "last"})");
  ASSERT_TRUE(wait_until([&] {
    const auto payloads = peer.payloads();
    return std::find(payloads.begin(), payloads.end(), R"({"n": "last"})") != payloads.end();
  }));
  std::map<std::string, std::set<std::string>> ids;
  for (const auto& message : peer.messages()) {
    ids[message.payload].insert(property(message, "millrace-id"));
  }
  EXPECT_THAT(ids, SizeIs(kEvents + 1)) << "none is lost";
  for (const auto& [payload, of_it] : ids) EXPECT_THAT(of_it, SizeIs(1)) << payload;
  EXPECT_EQ(millrace_->stop(), 0);
}

}  // namespace
}  // namespace millrace::test
