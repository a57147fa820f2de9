// Ending a connection on purpose: nothing that was acknowledged is repeated.
#include <gmock/gmock.h>

#include <map>
#include <set>
#include <thread>
#include <utility>

#include "mqtt_ends.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {
namespace {

constexpr std::size_t kLoad = 20000;

// Payloads that came in more than once.
std::vector<std::string> repeats(const std::vector<std::string>& payloads) {
  std::map<std::string, int> counts;
  for (const auto& payload : payloads) ++counts[payload];
  std::vector<std::string> result;
  for (const auto& [payload, count] : counts) {
    if (count > 1) result.push_back(payload);
  }
  return result;
}

// How often the broker sent what had been acknowledged before. (What it sent into a connection that
// was about to end was not, and may come again.)
std::size_t acknowledged_and_repeated(const std::vector<Packet>& packets) {
  std::map<std::pair<unsigned, std::uint16_t>, std::string> sent;  // by link and packet identifier
  std::set<std::string> acknowledged;
  std::size_t repeats = 0;
  for (const auto& packet : packets) {
    if (packet.type == PacketType::publish && packet.direction == Direction::to_client) {
      repeats += acknowledged.count(packet.payload);
      sent[{packet.link, packet.id}] = packet.payload;
    }
    if (packet.type == PacketType::puback && packet.direction == Direction::to_broker) {
      acknowledged.insert(sent[{packet.link, packet.id}]);
    }
  }
  return repeats;
}

// Publishes flat out while it lives.
class Load {
 public:
  explicit Load(std::uint16_t port)
      : peer_(port, "load"), thread_([this] {
          for (const auto& payload : numbers(kLoad)) peer_.post("in/a", payload);
        }) {}
  ~Load() { thread_.join(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  MqttPeer peer_;
  std::thread thread_;
};

// Straight to the broker: a tap reads so soon that hardly an acknowledgement is left to be lost.
TEST(MqttPause, RepeatsNothingUnderFullLoad) {
  Mosquitto broker;
  SourceRig source(source_config(broker.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  const Load load(broker.port());
  for (std::size_t at = 1000; at < kLoad; at += 1500) {
    ASSERT_TRUE(source.wait_for(at));
    source.pause();
    source.resume();
  }
  ASSERT_TRUE(source.wait_for(kLoad));
  EXPECT_THAT(repeats(source.payloads()), testing::IsEmpty());
}

TEST(MqttPause, LeavesNoAcknowledgementUnheard) {
  Mosquitto broker;
  WireTap tap(broker.port());
  SourceRig source(source_config(tap.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  const Load load(broker.port());
  for (const std::size_t at : {1000U, 4000U, 8000U, 13000U}) {
    ASSERT_TRUE(source.wait_for(at));
    source.pause();
    const auto count = source.count();
    source.resume();
    ASSERT_TRUE(source.wait_for(count + 1));
  }
  ASSERT_TRUE(source.wait_for(kLoad));
  EXPECT_THAT(repeats(source.payloads()), testing::IsEmpty());
  EXPECT_EQ(source.payloads(), numbers(kLoad));
  EXPECT_EQ(acknowledged_and_repeated(tap.packets()), 0U);
}

TEST(MqttPause, HandsInNothingOnceItHasReturned) {
  Mosquitto broker;
  SourceRig source(source_config(broker.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  MqttPeer peer(broker.port(), "peer");
  peer.publish("in/a", "before");
  ASSERT_TRUE(source.wait_for(1));
  source.pause();
  peer.publish("in/a", "meanwhile");
  EXPECT_EQ(source.count(), 1U);
  EXPECT_FALSE(source.states.last().connected);
  source.resume();
  ASSERT_TRUE(source.wait_for(2));
  EXPECT_EQ(source.payloads().back(), "meanwhile");
}

// Two connections to one port: the pause must find its own socket.
TEST(MqttPause, LeavesTheOtherConnectionAlone) {
  Mosquitto broker;
  WireTap tap(broker.port());
  SourceRig source(source_config(tap.url()));
  SinkRig sink(sink_config(tap.url()));
  source.start();
  sink.start();
  ASSERT_TRUE(source.states.wait_for_ok());
  ASSERT_TRUE(sink.states.wait_for_ok());
  sink.send_all(200);
  source.pause();
  ASSERT_TRUE(sink.wait_for(200));
  EXPECT_FALSE(sink.states.has_reason("lost"));
  EXPECT_FALSE(source.notices.has("cannot be told"));
  EXPECT_FALSE(sink.notices.has("cannot be told"));
}

TEST(MqttPause, EndsWithADisconnect) {
  Mosquitto broker;
  WireTap tap(broker.port());
  SourceRig source(source_config(tap.url()));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  source.stop();
  ASSERT_TRUE(wait_until([&] { return tap.links() == 0; }));
  EXPECT_EQ(tap.packets().back().type, PacketType::disconnect);
  EXPECT_EQ(tap.packets().back().reason, 0);
}

TEST(MqttPause, MayComeBeforeTheConnectionIsMade) {
  Mosquitto broker;
  broker.stop();
  SourceRig source(source_config(broker.url()));
  source.start();
  source.pause();
  broker.start();
  source.resume();
  EXPECT_TRUE(source.states.wait_for_ok());
}

}  // namespace
}  // namespace millrace::test
