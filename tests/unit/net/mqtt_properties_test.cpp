#include "net/mqtt_properties.hpp"

#include <gtest/gtest.h>
#include <mqtt/async_client.h>

#include "net/mqtt_reason.hpp"

namespace millrace {
namespace {

// Paho C keeps an account of its memory while there is a client, and loses parts of it otherwise.
class MqttProperties : public ::testing::Test {
  const mqtt::async_client client_{"tcp://127.0.0.1:1883", "never connected"};
};

TEST_F(MqttProperties, SurviveTheWayThroughPaho) {
  Properties properties;
  properties.content_type = "text/plain";
  properties.correlation_data = std::string("\0\xff", 2);
  properties.response_topic = "answers";
  properties.message_expiry = 4000000000U;
  properties.utf8_payload = true;
  properties.user = {{"k", "v"}, {"k", ""}, {"", "w"}};
  const auto back = from_paho(to_paho(properties));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->content_type, properties.content_type);
  EXPECT_EQ(back->correlation_data, properties.correlation_data);
  EXPECT_EQ(back->response_topic, properties.response_topic);
  EXPECT_EQ(back->message_expiry, properties.message_expiry);
  EXPECT_TRUE(back->utf8_payload);
  EXPECT_EQ(back->user, properties.user);
}

TEST_F(MqttProperties, AreNullWhereThereAreNone) {
  EXPECT_FALSE(from_paho(mqtt::properties()));
  EXPECT_FALSE(from_paho(to_paho(Properties{})));
}

TEST_F(MqttProperties, AreNullWhereNoneIsKnown) {
  EXPECT_FALSE(from_paho({{mqtt::property::SUBSCRIPTION_IDENTIFIER, 7}}));
}

TEST_F(MqttProperties, TakeAtLeastTheirBytesOnTheWire) {
  Properties properties;
  properties.content_type = std::string(1000, 'x');
  properties.user = {{std::string(10, 'n'), std::string(100, 'v')}};
  EXPECT_GE(wire_size(to_paho(properties)), 1U + 2 + 1000 + 1 + 2 + 10 + 2 + 100);
  EXPECT_EQ(wire_size(mqtt::properties()), 0U);
}

TEST(MqttReason, SaysCodesInWords) {
  EXPECT_EQ(reason_text(0x87), "not authorized (0x87)");
  EXPECT_EQ(reason_text(0xFE), "unknown reason (0xFE)");
  EXPECT_EQ(connack_reason_text(4, 4), "bad user name or password (0x04)");
  EXPECT_EQ(connack_reason_text(0x86, 5), "bad user name or password (0x86)");
  EXPECT_EQ(reason_name(0x86), "bad user name or password");
  EXPECT_EQ(reason_name(0xA0), "0xa0");
}

// MQTT 3.1.1, table 3.1, and MQTT 5, table 3-1.
TEST(MqttReason, IsOfMqtt5WhereAConnackOf311MeansTheSame) {
  EXPECT_EQ(connack_reason(1, 4), 0x84);
  EXPECT_EQ(connack_reason(2, 4), 0x85);
  EXPECT_EQ(connack_reason(3, 4), 0x88);
  EXPECT_EQ(connack_reason(4, 4), 0x86);
  EXPECT_EQ(connack_reason(5, 4), 0x87);
  EXPECT_EQ(connack_reason(6, 4), 0x80);
  EXPECT_EQ(connack_reason(0x8A, 5), 0x8A);
}

}  // namespace
}  // namespace millrace
