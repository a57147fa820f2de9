// The MQTT source against a real broker.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>

#include "mqtt_ends.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

struct Version {
  int number;
  const char* name;
};

class MqttSourceOfVersion : public testing::TestWithParam<Version> {
 protected:
  SourceConfig config(const std::string& url) const {
    auto config = source_config(url);
    config.mqtt_version = GetParam().number;
    return config;
  }
};

INSTANTIATE_TEST_SUITE_P(Mqtt, MqttSourceOfVersion,
                         testing::Values(Version{4, "v3_1_1"}, Version{5, "v5"}),
                         [](const auto& version) { return version.param.name; });

TEST_P(MqttSourceOfVersion, HandsInMessagesInOrder) {
  Mosquitto broker;
  SourceRig source(config(broker.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  MqttPeer peer(broker.port(), "peer");
  for (const auto& payload : numbers(100)) peer.post("in/a", payload);
  ASSERT_TRUE(source.wait_for(100));
  EXPECT_THAT(source.payloads(), ElementsAreArray(numbers(100)));
  EXPECT_EQ(source.chunks().front().stream, "in/a");
  EXPECT_FALSE(source.chunks().front().redelivered);
}

TEST_P(MqttSourceOfVersion, GetsTheBacklogOfItsSessionAfterAStop) {
  Mosquitto broker;
  MqttPeer peer(broker.port(), "peer");
  {
    SourceRig source(config(broker.url()));
    ASSERT_TRUE(source.start().states.wait_for_ok());
  }
  for (const auto& payload : numbers(500)) peer.post("in/a", payload);
  ASSERT_TRUE(peer.flush());

  SourceRig source(config(broker.url()));
  source.start();
  ASSERT_TRUE(source.wait_for(500));
  EXPECT_THAT(source.payloads(), ElementsAreArray(numbers(500)));
}

TEST_P(MqttSourceOfVersion, SubscribesAgainAtABrokerThatHasForgottenIt) {
  Mosquitto broker;
  SourceRig source(config(broker.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  broker.restart();
  MqttPeer peer(broker.port(), "peer");
  ASSERT_TRUE(wait_until([&] {
    peer.publish("in/a", "after");
    return source.count() > 0;
  }));
  EXPECT_TRUE(source.states.last().ok);
}

TEST_P(MqttSourceOfVersion, TakesARetainedMessageOnceAcrossReconnects) {
  Mosquitto broker;
  MqttPeer peer(broker.port(), "peer");
  // With QoS 0: the broker may repeat a message whose acknowledgement dies with the link.
  peer.publish("in/kept", "retained", 0, true);
  WireTap tap(broker.port());
  SourceRig source(config(tap.url()));
  source.start();
  ASSERT_TRUE(source.wait_for(1));
  for (int round = 0; round < 2; ++round) {
    tap.cut();
    ASSERT_TRUE(wait_until([&] { return !source.states.last().ok; }));
    ASSERT_TRUE(source.states.wait_for_ok());
  }
  peer.publish("in/a", "later");
  ASSERT_TRUE(source.wait_for(2));
  EXPECT_THAT(source.payloads(), ElementsAre("retained", "later"));
}

// Mosquitto's ACL files refuse no subscription; so the tap changes the answer.
TEST_P(MqttSourceOfVersion, IsNotReadyUntilEveryFilterIsGranted) {
  const int code = GetParam().number == 5 ? 0x87 : 0x80;
  Mosquitto broker;
  WireTap tap(broker.port());
  std::atomic<int> answers{0};
  tap.intercept([&](Packet& packet) {
    const bool first_of_second = packet.type == PacketType::suback && ++answers == 2;
    if (first_of_second) packet.raw.back() = static_cast<char>(code);
    return WireTap::Action::pass;
  });
  auto two = config(tap.url());
  two.topics = {"in/a", "in/b"};
  SourceRig source(two);
  source.start();
  ASSERT_TRUE(source.states.wait_for_reason("subscription to \"in/b\" refused: "));
  EXPECT_TRUE(source.states.has_reason(code == 0x87 ? "not authorized (0x87)" : "(0x80)"));
  ASSERT_TRUE(source.states.wait_for_ok());
  EXPECT_EQ(answers, 3) << "only what was refused is asked for again";
}

// Of sixteen: in/a is of 6, in/b of 3, in/c of 0; red and green are of 12, blue is of 13.
TEST(MqttSource, HandsInTheTopicsOfItsOwnPartitionsAndAcknowledgesTheRest) {
  Mosquitto broker;
  auto config = source_config(broker.url());
  config.partition = {.count = 16, .indices = {0, 6}, .key = "topic"};
  SourceRig source(config);
  ASSERT_TRUE(source.start().states.wait_for_ok());
  MqttPeer peer(broker.port(), "peer");
  // More than a broker leaves unacknowledged: it goes on only where skipped ones are acknowledged.
  for (int i = 0; i < 200; ++i) {
    for (const char* topic : {"in/a", "in/b", "in/c"}) peer.post(topic, std::to_string(i));
  }
  ASSERT_TRUE(source.wait_for(400));
  for (const auto& chunk : source.chunks()) EXPECT_NE(chunk.stream, "in/b");
  EXPECT_TRUE(wait_until([&] { return source.notices.skipped == 200; }));
}

TEST(MqttSource, HandsInTheEventsWhosePropertyIsOfItsPartitions) {
  Mosquitto broker;
  auto config = source_config(broker.url());
  config.partition = {.count = 16, .indices = {12, 6}, .key = "property:colour"};
  SourceRig source(config);
  ASSERT_TRUE(source.start().states.wait_for_ok());
  MqttPeer peer(broker.port(), "peer");
  const auto publish = [&](const std::string& topic, const std::string& colour) {
    Properties properties;
    properties.user = {{"other", "blue"}};
    if (!colour.empty()) properties.user.emplace_back("colour", colour);
    peer.publish(topic, topic + colour, 1, false, properties);
  };
  for (const char* colour : {"red", "blue", "green", ""}) {
    publish("in/a", colour);
    publish("in/b", colour);
  }
  ASSERT_TRUE(source.wait_for(5));
  EXPECT_THAT(source.payloads(),
              ElementsAre("in/ared", "in/bred", "in/agreen", "in/bgreen", "in/a"))
      << "without the property the topic counts";
  EXPECT_TRUE(wait_until([&] { return source.notices.skipped == 3; }));
}

TEST(MqttSource, SaysWhyTheBrokerRefusesIt) {
  BrokerOptions options;
  options.username = "mill";
  options.password = "right";
  Mosquitto broker(options);
  auto config = source_config(broker.url());
  config.username = "mill";
  config.password = "wrong";
  SourceRig source(config);
  source.start();
  EXPECT_TRUE(source.states.wait_for_reason("broker refused: not authorized (0x87)"));
  EXPECT_FALSE(source.states.last().connected);
}

TEST(MqttSource, ConnectsWithUserNameAndPassword) {
  BrokerOptions options;
  options.username = "mill";
  options.password = "right";
  Mosquitto broker(options);
  auto config = source_config(broker.url());
  config.username = "mill";
  config.password = "right";
  SourceRig source(config);
  EXPECT_TRUE(source.start().states.wait_for_ok());
}

TEST(MqttSource, KeepsTryingUntilThereIsABroker) {
  Mosquitto broker;
  broker.stop();
  SourceRig source(source_config(broker.url()));
  source.start();
  ASSERT_TRUE(source.states.wait_for_reason("cannot connect to " + broker.url()));
  broker.start();
  EXPECT_TRUE(source.states.wait_for_ok());
}

TEST(MqttSource, PassesPropertiesOn) {
  Mosquitto broker;
  SourceRig source(source_config(broker.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  MqttPeer peer(broker.port(), "peer");
  Properties sent;
  sent.content_type = "text/plain";
  sent.correlation_data = std::string("\0\1", 2);
  sent.response_topic = "answers/7";
  sent.message_expiry = 3600;
  sent.utf8_payload = true;
  sent.user = {{"k", "v"}, {"k", "w"}};
  peer.publish("in/a", "with", 1, false, sent);
  peer.publish("in/a", "without");
  ASSERT_TRUE(source.wait_for(2));
  const auto chunks = source.chunks();
  ASSERT_TRUE(chunks[0].properties);
  EXPECT_EQ(chunks[0].properties->content_type, sent.content_type);
  EXPECT_EQ(chunks[0].properties->correlation_data, sent.correlation_data);
  EXPECT_EQ(chunks[0].properties->response_topic, sent.response_topic);
  EXPECT_EQ(chunks[0].properties->message_expiry, sent.message_expiry);
  EXPECT_TRUE(chunks[0].properties->utf8_payload);
  EXPECT_EQ(chunks[0].properties->user, sent.user);
  EXPECT_FALSE(chunks[1].properties);
}

TEST(MqttSource, MarksWhatMayBeARepeatAndDropsNoneOfIt) {
  Mosquitto broker;
  WireTap tap(broker.port());
  SourceRig source(source_config(tap.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  tap.intercept([](Packet& packet) {
    const bool lost = packet.type == PacketType::puback && packet.link == 0;
    return lost ? WireTap::Action::cut : WireTap::Action::pass;
  });
  MqttPeer peer(broker.port(), "peer");
  peer.publish("in/a", "same");
  ASSERT_TRUE(source.wait_for(2)) << "the acknowledgement was lost: it comes again";
  peer.publish("in/a", "same");
  peer.publish("in/a", "same");
  ASSERT_TRUE(source.wait_for(4));
  const auto chunks = source.chunks();
  EXPECT_FALSE(chunks[0].redelivered);
  EXPECT_TRUE(chunks[1].redelivered);
  EXPECT_FALSE(chunks[2].redelivered);
  EXPECT_FALSE(chunks[3].redelivered);
}

TEST(MqttSource, TakesQos0) {
  Mosquitto broker;
  auto config = source_config(broker.url());
  config.qos = 0;
  SourceRig source(config);
  ASSERT_TRUE(source.start().states.wait_for_ok());
  MqttPeer peer(broker.port(), "peer");
  for (const auto& payload : numbers(100)) peer.post("in/a", payload, 0);
  ASSERT_TRUE(source.wait_for(100));
  EXPECT_THAT(source.payloads(), ElementsAreArray(numbers(100)));
}

TEST(MqttSource, TakesEmptyAndBinaryPayloads) {
  Mosquitto broker;
  SourceRig source(source_config(broker.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  MqttPeer peer(broker.port(), "peer");
  const std::string binary("\0\xff\n", 3);
  peer.publish("in/a", "");
  peer.publish("in/a", binary);
  ASSERT_TRUE(source.wait_for(2));
  EXPECT_THAT(source.payloads(), ElementsAre("", binary));
}

// A PUBACK for a message that was not stored would be the loss of it.
TEST(MqttSource, AcknowledgesNothingThatWasRefusedAndGetsItAgainInOrder) {
  Mosquitto broker;
  WireTap tap(broker.port());
  SourceRig source(source_config(tap.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  bool full = true;
  source.set_gate([&](const Chunk& chunk) {
    const bool refuse = full && chunk.bytes.view() == "50";
    return refuse ? std::make_error_code(std::errc::no_buffer_space) : std::error_code{};
  });
  tap.intercept([&](const Packet& packet) {
    if (packet.type == PacketType::connect) source.set_gate({});
    return WireTap::Action::pass;
  });
  MqttPeer peer(broker.port(), "peer");
  for (const auto& payload : numbers(100)) peer.post("in/a", payload);
  ASSERT_TRUE(source.wait_for(100));
  EXPECT_TRUE(source.states.has_reason("no room"));

  const auto got = source.payloads();
  std::vector<std::string> first_occurrences;
  for (const auto& payload : got) {
    const auto& seen = first_occurrences;
    if (std::find(seen.begin(), seen.end(), payload) == seen.end()) {
      first_occurrences.push_back(payload);
    }
  }
  EXPECT_THAT(first_occurrences, ElementsAreArray(numbers(100)));
  std::uint16_t refused_id = 0;
  for (const auto& packet : tap.packets()) {
    if (packet.type == PacketType::publish && packet.payload == "50" && refused_id == 0) {
      refused_id = packet.id;
    }
    EXPECT_FALSE(packet.type == PacketType::puback && packet.id == refused_id && packet.link == 0)
        << "the refused message was acknowledged";
  }
}

TEST(MqttSource, StaysAwayWhenAMessageCannotBeStoredAtAll) {
  Mosquitto broker;
  WireTap tap(broker.port());
  SourceRig source(source_config(tap.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  source.set_gate([](const Chunk&) { return std::make_error_code(std::errc::io_error); });
  MqttPeer peer(broker.port(), "peer");
  peer.publish("in/a", "x");
  ASSERT_TRUE(source.states.wait_for_reason("a message could not be stored"));
  ASSERT_TRUE(wait_until([&] { return tap.links() == 0; }));
  for (const auto& packet : tap.packets()) EXPECT_NE(packet.type, PacketType::puback);
  EXPECT_EQ(source.count(), 0U);
}

}  // namespace
}  // namespace millrace::test
