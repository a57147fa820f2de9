// What may be sent on a connection, and how much of it at a time.
#pragma once

#include <mqtt/message.h>

#include <cstddef>

#include "net/mqtt_link.hpp"

namespace millrace {

/// Messages that may be unanswered at a time. The server's Receive Maximum (MQTT 5, 3.2.2.3.3), but
/// 64 at most: Paho looks through all of them for each new packet identifier, so more is not
/// better; and more than a hundred it would not buffer.
[[nodiscard]] std::size_t publish_window(const MqttSession& session) noexcept;

/// Bytes that a packet may have: the server's Maximum Packet Size (MQTT 5, 3.2.2.3.6), and what a
/// packet's length can say (1.5.5).
[[nodiscard]] std::size_t largest_packet(const MqttSession& session) noexcept;

/// Bytes that the PUBLISH of this message has, at most.
[[nodiscard]] std::size_t packet_size(const mqtt::message& message);

}  // namespace millrace
