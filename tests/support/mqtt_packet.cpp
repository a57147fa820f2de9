#include "support/mqtt_packet.hpp"

namespace millrace::test {
namespace {

// A cursor over the bytes of a packet; reads past its end give zeros.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  int byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::uint16_t number() {
    const int high = byte();
    return static_cast<std::uint16_t>(high * 256 + byte());
  }
  std::size_t length() {
    std::size_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const int digit = byte();
      value += static_cast<std::size_t>(digit & 127) << shift;
      if (digit < 128) break;
    }
    return value;
  }
  std::string text() { return bytes(number()); }
  std::string bytes(std::size_t count) {
    const std::string result(rest_.substr(0, count));
    skip(count);
    return result;
  }
  void skip(std::size_t count) { rest_.remove_prefix(count < rest_.size() ? count : rest_.size()); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

void read_publish(Reader& reader, int flags, int version, Packet& packet) {
  packet.duplicate = (flags & 8) != 0;
  packet.qos = (flags >> 1) & 3;
  packet.retain = (flags & 1) != 0;
  packet.topic = reader.text();
  if (packet.qos > 0) packet.id = reader.number();
  if (version >= 5) reader.skip(reader.length());
  packet.payload = reader.rest();
}

void read_connect(Reader& reader, Packet& packet) {
  reader.text();
  const int version = reader.byte();
  reader.skip(1 + 2);
  if (version >= 5) reader.skip(reader.length());
  packet.client = reader.text();
}

}  // namespace

std::optional<std::size_t> packet_size(std::string_view bytes) {
  for (std::size_t digit = 1; digit < bytes.size() && digit < 5; ++digit) {
    if (static_cast<unsigned char>(bytes[digit]) >= 128) continue;
    Reader reader(bytes.substr(1));
    const auto size = 1 + digit + reader.length();
    return size <= bytes.size() ? std::optional(size) : std::nullopt;
  }
  return {};
}

Packet read_packet(std::string_view bytes, int version) {
  Reader reader(bytes);
  Packet packet;
  const int first = reader.byte();
  packet.type = static_cast<PacketType>(first >> 4);
  reader.length();
  switch (packet.type) {
    case PacketType::connect:
      read_connect(reader, packet);
      break;
    case PacketType::publish:
      read_publish(reader, first & 15, version, packet);
      break;
    case PacketType::connack:
      reader.skip(1);
      packet.reason = reader.byte();
      break;
    case PacketType::puback:
      packet.id = reader.number();
      packet.reason = reader.byte();
      break;
    case PacketType::suback:
      packet.id = reader.number();
      if (version >= 5) reader.skip(reader.length());
      packet.reason = reader.byte();
      break;
    case PacketType::disconnect:
      packet.reason = reader.byte();
      break;
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
    case PacketType::unsuback:
      packet.id = reader.number();
      break;
    case PacketType::pingreq:
    case PacketType::pingresp:
    case PacketType::auth:
      break;
  }
  return packet;
}

int connect_version(std::string_view bytes) {
  Reader reader(bytes);
  reader.byte();
  reader.length();
  reader.text();
  return reader.byte();
}

}  // namespace millrace::test
