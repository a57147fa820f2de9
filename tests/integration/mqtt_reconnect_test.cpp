// How soon, and how seldom, a connection is made again.
#include <gmock/gmock.h>

#include "mqtt_ends.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Each CONNECT that came through the tap.
std::vector<Clock::time_point> connects(const WireTap& tap) {
  std::vector<Clock::time_point> result;
  for (const auto& packet : tap.packets()) {
    if (packet.type == PacketType::connect) result.push_back(packet.at);
  }
  return result;
}

TEST(MqttReconnect, WaitsLongWhereAnotherClientUsesItsId) {
  constexpr milliseconds kLong{2500};  // the other one comes back every second
  Mosquitto broker;
  WireTap tap(broker.port());
  ConnectionTiming timing;
  timing.taken_over_wait = kLong;
  SourceRig source(source_config(tap.url()), timing);
  ASSERT_TRUE(source.start().states.wait_for_ok());
  {
    MqttPeer other(broker.port(), "rig");
    ASSERT_TRUE(wait_until(
        [&] { return source.notices.has("another client uses the client id \"rig\""); }));
  }
  const auto before = connects(tap).size();
  ASSERT_TRUE(wait_until([&] { return connects(tap).size() > before; }));
  const auto times = connects(tap);
  EXPECT_GE(times[before] - times[before - 1], kLong);
}

TEST(MqttReconnect, TakesThreeQuickClosesForATakeover) {
  Mosquitto broker;
  WireTap tap(broker.port());
  ConnectionTiming timing;
  timing.taken_over_wait = milliseconds(700);
  SourceRig source(source_config(tap.url()), timing);
  ASSERT_TRUE(source.start().states.wait_for_ok());
  for (std::size_t round = 1; round <= 3; ++round) {
    EXPECT_FALSE(source.notices.has("another client"));
    tap.close_links();
    if (round < 3) {
      ASSERT_TRUE(wait_until([&] { return connects(tap).size() > round; }));
      ASSERT_TRUE(source.states.wait_for_ok());
    }
  }
  ASSERT_TRUE(wait_until([&] { return source.notices.has("another client uses the client id"); }));
  ASSERT_TRUE(wait_until([&] { return connects(tap).size() == 4; }));
  const auto times = connects(tap);
  EXPECT_GE(times[3] - times[2], milliseconds(700));
}

TEST(MqttReconnect, DoesNotTakeABrokerThatRestartsForATakeover) {
  Mosquitto broker;
  SourceRig source(source_config(broker.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  for (int round = 0; round < 4; ++round) {
    broker.stop();
    ASSERT_TRUE(wait_until(
        [&] { return source.states.last().reason.find("cannot connect") != std::string::npos; }));
    broker.start();
    ASSERT_TRUE(source.states.wait_for_ok());
  }
  EXPECT_FALSE(source.notices.has("another client"));
}

// Paho's receive thread would sleep for a second or two.
TEST(MqttReconnect, IsQuickBesideAnIdleConnection) {
  Mosquitto idle;
  SinkRig other(sink_config(idle.url()));
  ASSERT_TRUE(other.start().states.wait_for_ok());
  Mosquitto broker;
  WireTap tap(broker.port());
  SourceRig source(source_config(tap.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  const auto start = Clock::now();
  tap.cut();
  ASSERT_TRUE(wait_until([&] { return connects(tap).size() == 2; }));
  ASSERT_TRUE(source.states.wait_for_ok());
  EXPECT_LT(Clock::now() - start, milliseconds(700));
}

TEST(MqttReconnect, GivesUpOnAServerThatDoesNotAnswer) {
  Mosquitto broker;
  WireTap tap(broker.port());
  tap.intercept([](const Packet& packet) {
    const bool silent = packet.type == PacketType::connack && packet.link < 2;
    return silent ? WireTap::Action::drop : WireTap::Action::pass;
  });
  ConnectionTiming timing;
  timing.connect_timeout = milliseconds(200);
  SourceRig source(source_config(tap.url()), timing);
  source.start();
  ASSERT_TRUE(source.states.wait_for_reason("no answer within 200 ms"));
  EXPECT_TRUE(source.states.wait_for_ok());
}

TEST(MqttReconnect, GivesUpOnASubscriptionThatIsNotAnswered) {
  Mosquitto broker;
  WireTap tap(broker.port());
  tap.intercept([](const Packet& packet) {
    const bool silent = packet.type == PacketType::suback && packet.link == 0;
    return silent ? WireTap::Action::drop : WireTap::Action::pass;
  });
  ConnectionTiming timing;
  timing.connect_timeout = milliseconds(300);
  SourceRig source(source_config(tap.url()), timing);
  source.start();
  ASSERT_TRUE(source.states.wait_for_reason("does not answer a SUBSCRIBE"));
  EXPECT_TRUE(source.states.wait_for_ok());
}

}  // namespace
}  // namespace millrace::test
