// The MQTT sink against a real broker.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "mqtt_ends.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAreArray;

std::vector<std::uint64_t> first_numbers(std::size_t count) {
  std::vector<std::uint64_t> result;
  for (std::uint64_t number = 0; number < count; ++number) result.push_back(number);
  return result;
}

std::vector<std::string> without_repeats(const std::vector<std::string>& payloads) {
  std::set<std::string> seen;
  std::vector<std::string> result;
  for (const auto& payload : payloads) {
    if (seen.insert(payload).second) result.push_back(payload);
  }
  return result;
}

// A persistent subscriber of everything that the sink can say.
class Observed {
 public:
  explicit Observed(const Mosquitto& broker) : peer(broker.port(), "observer", {true, {}, {}}) {
    peer.subscribe("out/#");
    peer.subscribe("millrace/dead");
  }
  MqttPeer peer;
};

class MqttSinkOfVersion : public testing::TestWithParam<int> {
 protected:
  static SinkConfig config(const std::string& url) {
    auto config = sink_config(url);
    config.mqtt_version = GetParam();
    return config;
  }
};

INSTANTIATE_TEST_SUITE_P(Mqtt, MqttSinkOfVersion, testing::Values(4, 5),
                         testing::PrintToStringParamName());

TEST_P(MqttSinkOfVersion, PublishesEachResultOnceAndConfirmsItOnce) {
  Mosquitto broker;
  Observed observed(broker);
  SinkRig sink(config(broker.url()));
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send_all(2000);
  ASSERT_TRUE(sink.wait_for(2000));
  ASSERT_TRUE(observed.peer.wait_for(2000));
  EXPECT_THAT(observed.peer.payloads(), ElementsAreArray(numbers(2000)));
  EXPECT_THAT(sink.confirmed(), UnorderedElementsAreArray(first_numbers(2000)));
}

TEST_P(MqttSinkOfVersion, KeepsTheOrderAcrossCutLinks) {
  Mosquitto broker;
  Observed observed(broker);
  WireTap tap(broker.port());
  ConnectionTiming timing;
  timing.quick_close = std::chrono::milliseconds(0);  // or the cuts look like a takeover
  SinkRig sink(config(tap.url()), timing);
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  for (std::size_t round = 1; round <= 5; ++round) {
    for (std::size_t index = 0; index < 200; ++index) {
      sink.send(std::to_string((round - 1) * 200 + index));
    }
    ASSERT_TRUE(sink.wait_for(round * 200 - 150));
    tap.cut();
  }
  ASSERT_TRUE(sink.wait_for(1000));
  ASSERT_TRUE(wait_until([&] { return without_repeats(observed.peer.payloads()).size() == 1000; }));
  EXPECT_THAT(without_repeats(observed.peer.payloads()), ElementsAreArray(numbers(1000)));
  EXPECT_THAT(sink.confirmed(), UnorderedElementsAreArray(first_numbers(1000)));
}

TEST_P(MqttSinkOfVersion, SendsWhatWasAcceptedBeforeThereWasABroker) {
  Mosquitto broker;
  Observed observed(broker);
  broker.stop();
  SinkRig sink(config(broker.url()));
  sink.start();
  sink.send_all(100);
  broker.start();
  ASSERT_TRUE(sink.wait_for(100));
}

// The whole window again, in order, from the oldest: a single one that is left out comes late.
TEST(MqttSink, GoesBackToTheOldestUnconfirmed) {
  Mosquitto broker;
  WireTap tap(broker.port());
  std::atomic<int> swallowed{0};
  tap.intercept([&](const Packet& packet) {
    const bool answer = packet.type == PacketType::puback && packet.link == 0;
    if (!answer) return WireTap::Action::pass;
    return ++swallowed == 10 ? WireTap::Action::cut : WireTap::Action::drop;
  });
  SinkRig sink(sink_config(tap.url()));
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send_all(30);
  ASSERT_TRUE(sink.wait_for(30));
  std::vector<std::string> second_link;
  for (const auto& packet : tap.packets()) {
    if (packet.type == PacketType::publish && packet.link == 1) {
      second_link.push_back(packet.payload);
    }
  }
  EXPECT_THAT(second_link, ElementsAreArray(numbers(30)));
}

TEST(MqttSink, NeverHasMoreUnderWayThanTheServerTakes) {
  BrokerOptions options;
  options.config = {"max_inflight_messages 20"};
  Mosquitto broker(options);
  WireTap tap(broker.port());
  std::atomic<int> under_way{0};
  std::atomic<int> most{0};
  tap.intercept([&](const Packet& packet) {
    if (packet.type == PacketType::publish) most = std::max(most.load(), ++under_way);
    if (packet.type == PacketType::puback) --under_way;
    return WireTap::Action::pass;
  });
  SinkRig sink(sink_config(tap.url()));
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send_all(5000);
  ASSERT_TRUE(sink.wait_for(5000));
  EXPECT_LE(most, 20);
  EXPECT_GE(most, 2);
}

// Paho C 1.3.12 does not wake its sender for a PUBACK: what waits inside Paho goes out at 20
// messages a second.
TEST(MqttSink, FinishesABurst) {
  Mosquitto broker;
  SinkRig sink(sink_config(broker.url()));
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send_all(10000);
  EXPECT_TRUE(sink.wait_for(10000));
}

TEST(MqttSink, ReconnectsWhenAcknowledgementsAreWithheld) {
  Mosquitto broker;
  WireTap tap(broker.port());
  tap.intercept([](const Packet& packet) {
    const bool withhold = packet.type == PacketType::puback && packet.link == 0;
    return withhold ? WireTap::Action::drop : WireTap::Action::pass;
  });
  ConnectionTiming timing;
  timing.publish_deadline = std::chrono::milliseconds(200);
  SinkRig sink(sink_config(tap.url()), timing);
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send_all(3);
  ASSERT_TRUE(sink.wait_for(3));
  EXPECT_TRUE(sink.states.has_reason("does not acknowledge"));
}

// PUBACKs that say "not authorized".
std::size_t refusals(const WireTap& tap) {
  const auto packets = tap.packets();
  return static_cast<std::size_t>(
      std::count_if(packets.begin(), packets.end(), [](const Packet& packet) {
        return packet.type == PacketType::puback && packet.reason == 0x87;
      }));
}

// Payloads that were published at least once.
std::set<std::string> published(const WireTap& tap) {
  std::set<std::string> payloads;
  for (const auto& packet : tap.packets()) {
    if (packet.type == PacketType::publish) payloads.insert(packet.payload);
  }
  return payloads;
}

TEST(MqttSink, HoldsWhatTheBrokerDoesNotAuthorize) {
  BrokerOptions options;
  options.acl = "topic read #\ntopic write other\n";
  options.config = {"max_queued_messages 100000"};  // with 0, Mosquitto 2.0.11 closes as well
  Mosquitto broker(options);
  WireTap tap(broker.port());
  SinkRig sink(sink_config(tap.url()));
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send_all(50);
  ASSERT_TRUE(sink.states.wait_for_reason("not authorized (0x87)"));
  EXPECT_FALSE(sink.states.last().ok);
  EXPECT_TRUE(sink.states.last().connected);
  ASSERT_TRUE(wait_until([&] { return refusals(tap) >= published(tap).size() + 3; }));
  EXPECT_THAT(sink.confirmed(), testing::IsEmpty());
  EXPECT_LE(published(tap).size(), 20U) << "more than was under way with the first one";
  EXPECT_EQ(tap.links(), 1U);
}

TEST(MqttSink, SendsWhatWasHeldOnceItIsAuthorized) {
  BrokerOptions options;
  options.acl = "topic read #\ntopic write other\n";
  Mosquitto strict(options);
  SinkRig sink(sink_config(strict.url()));
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send_all(50);
  ASSERT_TRUE(sink.states.wait_for_reason("not authorized (0x87)"));
  strict.allow("topic readwrite #\n");
  Observed observed(strict);
  ASSERT_TRUE(sink.wait_for(50));
  EXPECT_TRUE(sink.states.wait_for_ok());
  ASSERT_TRUE(wait_until([&] { return without_repeats(observed.peer.payloads()).size() == 50; }));
  EXPECT_THAT(without_repeats(observed.peer.payloads()), ElementsAreArray(numbers(50)));
}

// Mosquitto 2.0.11 does, with `max_queued_messages 0`.
TEST(MqttSink, DoesNotTakeABrokerThatClosesAfterARefusalForATakeover) {
  BrokerOptions options;
  options.acl = "topic read #\ntopic write other\n";
  Mosquitto broker(options);
  WireTap tap(broker.port());
  SinkRig sink(sink_config(tap.url()));
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send("0");
  ASSERT_TRUE(wait_until([&] { return refusals(tap) >= 4; }));
  EXPECT_FALSE(sink.notices.has("another client"));
}

TEST(MqttSink, MakesADeadLetterOfAResultThatTheBrokerFindsTooLarge) {
  BrokerOptions options;
  options.config = {"max_packet_size 2000"};
  Mosquitto broker(options);
  Observed observed(broker);
  SinkRig sink(sink_config(broker.url()));
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send("before");
  sink.send(std::string(5000, 'x'));
  sink.send("after");
  ASSERT_TRUE(sink.wait_for(3));
  ASSERT_TRUE(observed.peer.wait_for(3));
  const auto messages = observed.peer.messages();
  EXPECT_EQ(messages[0].payload, "before");
  EXPECT_EQ(messages[1].topic, "millrace/dead");
  EXPECT_THAT(messages[1].payload, HasSubstr("\"payload\":null"));
  EXPECT_THAT(messages[1].payload, HasSubstr("\"bytes\":5000"));
  EXPECT_EQ(messages[2].payload, "after");
}

TEST(MqttSink, PutsDeadLettersInTheirPlace) {
  Mosquitto broker;
  Observed observed(broker);
  SinkRig sink(sink_config(broker.url()));
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send("a");
  sink.reject("b", "no number");
  sink.send("c");
  ASSERT_TRUE(sink.wait_for(3));
  ASSERT_TRUE(observed.peer.wait_for(3));
  const auto messages = observed.peer.messages();
  EXPECT_EQ(messages[0].payload, "a");
  EXPECT_EQ(messages[1].topic, "millrace/dead");
  EXPECT_THAT(messages[1].payload, HasSubstr("\"cause\":\"no number\""));
  EXPECT_EQ(messages[1].properties.content_type, "application/json");
  EXPECT_EQ(messages[2].payload, "c");
}

TEST(MqttSink, SendsPropertiesWithTheResult) {
  Mosquitto broker;
  Observed observed(broker);
  auto config = sink_config(broker.url());
  config.topic = "out/{response_topic}";
  SinkRig sink(config);
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  auto properties = std::make_shared<Properties>();
  properties->content_type = "text/plain";
  properties->correlation_data = std::string("\0\1", 2);
  properties->response_topic = "seven";
  properties->user = {{"k", "v"}};
  sink.send("x", "in/a", properties);
  ASSERT_TRUE(observed.peer.wait_for(1));
  const auto message = observed.peer.messages().front();
  EXPECT_EQ(message.topic, "out/seven");
  EXPECT_EQ(message.properties.content_type, "text/plain");
  EXPECT_EQ(message.properties.correlation_data, properties->correlation_data);
  EXPECT_THAT(message.properties.user, Contains(Pair("k", "v")));
  EXPECT_THAT(message.properties.user, Contains(Pair("millrace-id", "5f3a9c01-0.0")));
  EXPECT_THAT(message.properties.user, Contains(Pair("millrace-topic", "in/a")));
}

TEST(MqttSink, SaysWhichResultsHaveNoTopic) {
  Mosquitto broker;
  auto config = sink_config(broker.url());
  config.topic = "{response_topic}";
  const SinkRig sink(config);
  EXPECT_THAT(sink.sink().unfit(Frame{}, Result{}), testing::Optional(HasSubstr("response topic")));
}

TEST(MqttSink, RetainsWhatItIsToldToRetain) {
  Mosquitto broker;
  auto config = sink_config(broker.url());
  config.retain = true;
  SinkRig sink(config);
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send("kept");
  ASSERT_TRUE(sink.wait_for(1));
  MqttPeer late(broker.port(), "late");
  late.subscribe("out");
  ASSERT_TRUE(late.wait_for(1));
  EXPECT_TRUE(late.messages().front().retain);
}

TEST(MqttSink, ConfirmsQos0WhenItIsSent) {
  Mosquitto broker;
  Observed observed(broker);
  auto config = sink_config(broker.url());
  config.qos = 0;
  SinkRig sink(config);
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send_all(1000);
  ASSERT_TRUE(sink.wait_for(1000));
  ASSERT_TRUE(observed.peer.wait_for(1000));
  EXPECT_THAT(observed.peer.payloads(), ElementsAreArray(numbers(1000)));
}

TEST(MqttSink, LeavesNoSessionBehind) {
  Mosquitto broker;
  WireTap tap(broker.port());
  SinkRig sink(sink_config(tap.url()));
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.stop();
  EXPECT_THAT(broker.log(), HasSubstr("as rig-sink (p5, c1"));
}

}  // namespace
}  // namespace millrace::test
