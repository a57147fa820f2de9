#include "net/mqtt_limits.hpp"

#include <algorithm>

#include "net/mqtt_properties.hpp"

namespace millrace {
namespace {

constexpr std::size_t kLargestWindow = 64;
// Fixed header, lengths of topic and properties, packet identifier, at most (MQTT 5, 3.3).
constexpr std::size_t kPacketOverhead = 5 + 2 + 4 + 2;
constexpr std::size_t kLargestPacket = 268435455;

}  // namespace

std::size_t publish_window(const MqttSession& session) noexcept {
  return std::clamp<std::size_t>(session.receive_maximum, 1, kLargestWindow);
}

std::size_t largest_packet(const MqttSession& session) noexcept {
  return std::min<std::size_t>(session.maximum_packet_size.value_or(kLargestPacket),
                               kLargestPacket);
}

std::size_t packet_size(const mqtt::message& message) {
  return kPacketOverhead + message.get_topic().size() + wire_size(message.get_properties()) +
         message.get_payload().size();
}

}  // namespace millrace
