// MQTT through a WebSocket: the same promises on another road.
#include <gmock/gmock.h>

#include <set>

#include "mqtt_ends.hpp"
#include "support/certificates.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"

namespace millrace::test {
namespace {

using testing::ElementsAreArray;

BrokerOptions with_websockets() {
  BrokerOptions options;
  options.websockets = true;
  return options;
}

std::string websocket_url(const Mosquitto& broker) {
  return "mqtt+ws://127.0.0.1:" + std::to_string(broker.websocket_port());
}

TEST(MqttThroughAWebSocket, HandsInMessagesOfEverySizeInOrder) {
  Mosquitto broker(with_websockets());
  SourceRig source(source_config(websocket_url(broker)));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  MqttPeer peer(broker.port(), "peer");
  std::vector<std::string> sent;
  // Around the sizes at which a frame's length takes more bytes (RFC 6455, 5.2). No larger ones:
  // Mosquitto 2.0.11 sends 4 KiB of a WebSocket frame every 0.1 s.
  for (const std::size_t size : {0, 1, 125, 126, 127, 65535, 65536}) {
    sent.emplace_back(size, 'x');
    peer.post("in/a", sent.back());
  }
  ASSERT_TRUE(source.wait_for(sent.size()));
  EXPECT_THAT(source.payloads(), ElementsAreArray(sent));
}

TEST(MqttThroughAWebSocket, PublishesResultsInOrder) {
  Mosquitto broker(with_websockets());
  MqttPeer peer(broker.port(), "peer");
  peer.subscribe("#");
  SinkRig sink(sink_config(websocket_url(broker)));
  ASSERT_TRUE(sink.start().states.wait_for_ok());
  sink.send_all(2000);
  ASSERT_TRUE(sink.wait_for(2000));
  ASSERT_TRUE(peer.wait_for(2000));
  EXPECT_THAT(peer.payloads(), ElementsAreArray(numbers(2000)));
}

TEST(MqttThroughAWebSocket, ConnectsAgainAfterTheBrokerHasGone) {
  Mosquitto broker(with_websockets());
  SourceRig source(source_config(websocket_url(broker)));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  broker.restart();
  MqttPeer peer(broker.port(), "peer");
  EXPECT_TRUE(wait_until([&] {
    peer.publish("in/a", "after");
    return source.count() > 0;
  }));
}

// Under load, so that there are bytes to be read when it ends.
TEST(MqttThroughAWebSocket, EndsSoThatNothingAcknowledgedIsRepeated) {
  constexpr std::size_t kMany = 20000;
  Mosquitto broker(with_websockets());
  MqttPeer peer(broker.port(), "peer");
  {
    SourceRig source(source_config(websocket_url(broker)));
    ASSERT_TRUE(source.start().states.wait_for_ok());
  }
  for (const auto& payload : numbers(kMany)) peer.post("in/a", payload);
  ASSERT_TRUE(peer.flush());

  std::vector<std::string> payloads;
  SourceRig source(source_config(websocket_url(broker)));
  source.start();
  for (std::size_t part = 1; part <= 4; ++part) {
    ASSERT_TRUE(source.wait_for(part * kMany / 8));
    source.pause();
    source.resume();
  }
  ASSERT_TRUE(wait_until([&] {
    const auto all = source.payloads();
    return std::set<std::string>(all.begin(), all.end()).size() == kMany;
  }));
  EXPECT_THAT(source.payloads(), ElementsAreArray(numbers(kMany)));
}

TEST(MqttThroughAWebSocket, IsEncryptedWhereAsked) {
  const Certificates certificates;
  const auto server = certificates.server("DNS:localhost");
  auto options = with_websockets();
  options.listener_config = {"cafile " + certificates.ca(), "certfile " + server.cert,
                             "keyfile " + server.key};
  Mosquitto broker(options);
  auto config =
      source_config("mqtt+wss://localhost:" + std::to_string(broker.websocket_port()) + "/mqtt");
  config.tls.ca = certificates.ca();
  {
    SourceRig source(config);
    EXPECT_TRUE(source.start().states.wait_for_ok());
  }
  const Certificates others;
  config.tls.ca = others.ca();
  SourceRig source(config);
  source.start();
  EXPECT_TRUE(source.states.wait_for_reason("TLS failed"));
}

}  // namespace
}  // namespace millrace::test
