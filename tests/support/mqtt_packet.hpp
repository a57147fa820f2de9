// MQTT packets as a tap on the wire sees them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::test {

enum class PacketType {
  connect = 1,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth,
};

enum class Direction { to_broker, to_client };

struct Packet {
  PacketType type = PacketType::connect;
  Direction direction = Direction::to_broker;
  std::chrono::steady_clock::time_point at;
  unsigned link = 0;  ///< which connection through the tap, from 0
  bool duplicate = false;
  bool retain = false;
  int qos = 0;
  std::uint16_t id = 0;  ///< packet identifier, where it has one
  int reason = 0;        ///< of PUBACK, CONNACK, DISCONNECT; of SUBACK the first
  std::string topic;     ///< of PUBLISH
  std::string payload;   ///< of PUBLISH
  std::string client;    ///< of CONNECT: the client id
  std::string raw;       ///< all its bytes; only while it is intercepted, who may change them
};

/// Bytes of the packet at the front, or nothing while it is not complete.
[[nodiscard]] std::optional<std::size_t> packet_size(std::string_view bytes);

/// Reads one whole packet. `version`: 4 or 5, of the connection (`connect_version`).
[[nodiscard]] Packet read_packet(std::string_view bytes, int version);

/// The protocol version that a whole CONNECT packet asks for.
[[nodiscard]] int connect_version(std::string_view bytes);

}  // namespace millrace::test
