// What brokers refuse: /metrics and /status against the packets on the wire.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "asked.hpp"
#include "program.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

Variables through(const WireTap& tap) {
  return {{"SOURCE_URL", tap.url()}, {"SOURCE_TOPICS", "events/#"}, {"SINK_TOPIC", "results"}};
}

std::ptrdiff_t seen(const WireTap& tap, PacketType type, int reason) {
  const auto packets = tap.packets();
  return std::count_if(packets.begin(), packets.end(), [&](const Packet& packet) {
    return packet.type == type && packet.reason == reason;
  });
}

Json refused(const Json& connack, const Json& suback, const Json& puback, const Json& disconnect) {
  return {{"connack", connack}, {"suback", suback}, {"puback", puback}, {"disconnect", disconnect}};
}

const Json kNone = Json::object();

Json not_authorized(std::ptrdiff_t count) {
  return {{"not authorized", count}};
}

void expect_metric(const Program& millrace, const std::string& packet, const std::string& reason,
                   std::ptrdiff_t count) {
  const auto text = millrace.ask("/metrics");
  EXPECT_EQ(metric(text, "millrace_broker_refusals_total{packet=\"" + packet + "\",reason=\"" +
                             reason + "\"}"),
            static_cast<double>(count));
  EXPECT_EQ(promtool_says(text), "");
}

/// Either version of MQTT, and what its brokers say to bad credentials and subscriptions.
struct Words {
  const char* version;
  int connack;
  int suback;
  const char* suback_reason;
};

class EitherVersion : public testing::TestWithParam<Words> {};

INSTANTIATE_TEST_SUITE_P(Refusals, EitherVersion,
                         testing::Values(Words{"5", 0x87, 0x87, "not authorized"},
                                         Words{"3.1.1", 5, 0x80, "unspecified error"}),
                         [](const auto& each) {
                           return each.param.connack == 5 ? "Mqtt311" : "Mqtt5";
                         });

TEST_P(EitherVersion, EachConnectionThatIsRefusedCounts) {
  BrokerOptions options;
  options.username = "mill";
  options.password = "right";
  Mosquitto broker(options);
  WireTap tap(broker.port());
  auto variables = through(tap);
  variables["SOURCE_MQTT_VERSION"] = GetParam().version;
  variables["SOURCE_USERNAME"] = "mill";
  variables["SOURCE_PASSWORD"] = "wrong";
  Program millrace(variables);
  const auto attempts = [&] { return seen(tap, PacketType::connack, GetParam().connack); };
  ASSERT_TRUE(wait_until([&] { return attempts() >= 5; })) << millrace.output();
  tap.hold(true);  // nothing more is refused, nor let in
  EXPECT_TRUE(wait_until([&] {
    return status(millrace)["refusals"] == refused(not_authorized(attempts()), kNone, kNone, kNone);
  })) << attempts()
      << " in " << status(millrace).dump(1);
  expect_metric(millrace, "connack", "not authorized", attempts());
}

TEST_P(EitherVersion, EachSubscriptionThatIsRefusedCounts) {
  BrokerOptions options;
  options.subscriptions = false;
  Mosquitto broker(options);
  WireTap tap(broker.port());
  auto variables = through(tap);
  variables["SOURCE_MQTT_VERSION"] = GetParam().version;
  variables["SOURCE_TOPICS"] = "events/#,more/#";
  Program millrace(variables);
  const auto denied = [&] { return seen(tap, PacketType::suback, GetParam().suback); };
  ASSERT_TRUE(wait_until([&] { return denied() >= 4; })) << millrace.output();
  tap.hold(true);
  const auto expected = [&] {
    return refused(kNone, {{GetParam().suback_reason, denied()}}, kNone, kNone);
  };
  EXPECT_TRUE(wait_until([&] { return status(millrace)["refusals"] == expected(); }))
      << denied() << " in " << status(millrace).dump(1);
  expect_metric(millrace, "suback", GetParam().suback_reason, denied());
}

TEST(Refusals, EachMessageThatIsRefusedCounts) {
  BrokerOptions options;
  options.acl = "topic read #\ntopic write events/#\n";
  options.config = {"max_queued_messages 100000"};  // with 0, Mosquitto 2.0.11 closes as well
  Mosquitto broker(options);
  WireTap tap(broker.port());
  Program millrace(through(tap));
  ASSERT_TRUE(millrace.wait_until_ready()) << millrace.output();
  MqttPeer publisher(broker.port(), "publisher");
  publisher.publish("events/a", "one");
  const auto held = [&] { return seen(tap, PacketType::puback, 0x87); };
  ASSERT_TRUE(wait_until([&] { return held() >= 2; }));
  broker.allow("topic readwrite #\n");
  ASSERT_TRUE(wait_until([&] { return status(millrace)["out"]["results"] == 1; }, 60s))
      << millrace.output();
  EXPECT_EQ(status(millrace)["refusals"], refused(kNone, kNone, not_authorized(held()), kNone));
  expect_metric(millrace, "puback", "not authorized", held());
  EXPECT_EQ(millrace.stop(), 0) << millrace.output();
}

// Its own connection, on which the broker acknowledges with 0x87 (MQTT 5, 3.4.2.1).
TEST(Refusals, AStatusThatIsRefusedCountsAsWell) {
  Mosquitto broker;
  WireTap tap(broker.port());
  std::optional<unsigned> link;  // of the tap's thread
  std::atomic<int> times = 0;
  tap.intercept([&](Packet& packet) {
    if (packet.client == "millrace-status") link = packet.link;
    if (packet.type == PacketType::puback && packet.link == link) {
      ++times;
      packet.raw = "\x40\x03" + packet.raw.substr(2, 2) + "\x87";
    }
    return WireTap::Action::pass;
  });
  auto variables = through(tap);
  variables["STATUS_TOPIC"] = "mills/one";
  Program millrace(variables);
  ASSERT_TRUE(millrace.wait_until_ready()) << millrace.output();
  const Json expected = refused(kNone, kNone, not_authorized(1), kNone);
  EXPECT_TRUE(wait_until([&] { return status(millrace)["refusals"] == expected; }))
      << millrace.output();
  EXPECT_EQ(times, 1);
  EXPECT_EQ(millrace.stop(), 0) << millrace.output();
}

// What a broker says with a DISCONNECT (MQTT 5, 3.14.2.1), here in the place of its SUBACK.
TEST(Refusals, EachConnectionThatTheBrokerEndsWithAReasonCounts) {
  constexpr int kTimes = 3;
  Mosquitto broker;
  WireTap tap(broker.port());
  std::atomic<int> times = 0;
  tap.intercept([&](Packet& packet) {
    if (packet.type == PacketType::suback && times < kTimes) {
      ++times;
      packet.raw = std::string("\xe0\x02\x98\x00", 4);
    }
    return WireTap::Action::pass;
  });
  Program millrace(through(tap));
  ASSERT_TRUE(millrace.wait_until_ready()) << millrace.output();
  EXPECT_EQ(times, kTimes);
  EXPECT_EQ(status(millrace)["refusals"],
            refused(kNone, kNone, kNone, {{"administrative action", kTimes}}));
  expect_metric(millrace, "disconnect", "administrative action", kTimes);
  EXPECT_EQ(millrace.stop(), 0) << millrace.output();
}

}  // namespace
}  // namespace millrace::test
