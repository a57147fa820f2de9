#include "net/mqtt_probe.hpp"

#include <cstdint>
#include <utility>

#include "config/url.hpp"
#include "net/mqtt_reason.hpp"

namespace millrace {
namespace {

// First bytes of packets: type and flags (MQTT 5, 2.1).
constexpr unsigned char kConnectByte = 0x10;
constexpr unsigned char kConnackByte = 0x20;
constexpr unsigned char kPublishQos2Byte = 0x34;
constexpr unsigned char kPubrecByte = 0x50;
constexpr unsigned char kDisconnectByte = 0xE0;
constexpr char kUserProperty = 0x26;

std::string sixteen_bits(std::size_t number) {
  return {static_cast<char>(number >> 8U), static_cast<char>(number & 0xFFU)};
}

std::string mqtt_string(const std::string& text) {
  return sixteen_bits(text.size()) + text;
}

// MQTT 5, 1.5.5.
std::string variable_length(std::size_t number) {
  std::string bytes;
  do {
    auto byte = static_cast<unsigned char>(number % 128);
    number /= 128;
    if (number > 0) byte |= 0x80U;
    bytes.push_back(static_cast<char>(byte));
  } while (number > 0);
  return bytes;
}

std::string packet(unsigned char first, const std::string& rest) {
  return static_cast<char>(first) + variable_length(rest.size()) + rest;
}

// MQTT 5, 3.1: a clean start, and a session that ends with the connection.
std::string connect_packet(const EndpointConfig& endpoint) {
  constexpr unsigned char kCleanStart = 0x02;
  constexpr unsigned char kUserName = 0x80;
  constexpr unsigned char kPassword = 0x40;
  constexpr char kVersion = 5;
  constexpr std::size_t kKeepAlive = 60;
  unsigned char flags = kCleanStart;
  std::string payload = mqtt_string(endpoint.client_id);
  if (!endpoint.username.empty()) {
    flags |= kUserName;
    payload += mqtt_string(endpoint.username);
  }
  if (!endpoint.password.empty()) {
    flags |= kPassword;
    payload += mqtt_string(endpoint.password);
  }
  std::string header = mqtt_string("MQTT") + kVersion;
  header += static_cast<char>(flags);
  return packet(kConnectByte, header + sixteen_bits(kKeepAlive) + variable_length(0) + payload);
}

std::string publish_packet(const std::string& topic, std::size_t id) {
  const std::string property = kUserProperty + mqtt_string("millrace-probe") + mqtt_string("1");
  return packet(kPublishQos2Byte, mqtt_string(topic) + sixteen_bits(id) +
                                      variable_length(property.size()) + property);
}

struct ProbeAnswer {
  unsigned char first = 0;  // 0: none came
  std::string rest;
};

std::string exactly(PeerChannel& channel, std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const std::string more = channel.receive(size - bytes.size());
    if (more.empty()) return {};
    bytes += more;
  }
  return bytes;
}

ProbeAnswer next_packet(PeerChannel& channel) {
  constexpr unsigned kMostLengthBytes = 4;
  constexpr std::size_t kLargestAnswer = 65536;
  const std::string first = exactly(channel, 1);
  if (first.empty()) return {};
  std::size_t size = 0;
  for (unsigned i = 0; i < kMostLengthBytes; ++i) {
    const std::string byte = exactly(channel, 1);
    if (byte.empty()) return {};
    const auto value = static_cast<unsigned char>(byte[0]);
    size |= static_cast<std::size_t>(value & 0x7FU) << (7 * i);
    if ((value & 0x80U) == 0) break;
  }
  if (size > kLargestAnswer) return {};
  std::string rest = exactly(channel, size);
  if (rest.size() != size) return {};
  return {static_cast<unsigned char>(first[0]), std::move(rest)};
}

// The byte there, which is left out at the end where it is 0 (MQTT 5, 3.5.2.1, 3.14.2.1).
int reason_at(const std::string& bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

// What stands for another packet than the one that was waited for.
std::string no_answer(const ProbeAnswer& answer) {
  if (answer.first == kDisconnectByte) {
    return "the broker ends the connection: " + reason_text(reason_at(answer.rest, 0));
  }
  return answer.first == 0 ? "no answer" : "the broker answers with another packet";
}

ConnectStep probe_topic(PeerChannel& channel, const std::string& topic) {
  const std::string name = "probe of " + topic;
  constexpr std::size_t kFirstId = 1;
  if (!channel.send(publish_packet(topic, kFirstId))) {
    return {"PUBREC", false, name + ": no answer"};
  }
  const ProbeAnswer answer = next_packet(channel);
  if (answer.first != kPubrecByte) return {"PUBREC", false, name + ": " + no_answer(answer)};
  const int reason = reason_at(answer.rest, 2);
  if (reason >= kReasonFailure) return {"PUBREC", false, name + ": " + reason_text(reason)};
  return {"PUBREC", true, name + ": would be taken"};
}

ConnectStep probe_alone(const EndpointConfig& endpoint, End end, const std::string& topic,
                        std::chrono::seconds patience) {
  const Url url = parse_url(endpoint.url, end);
  const bool tls = is_tls_client(url.scheme);
  PeerChannel channel(url.host, url.port, tls ? &endpoint.tls : nullptr,
                      end == End::source ? "source" : "sink", patience);
  ConnectStep reached = channel.open().back();
  if (!reached.ok) return reached;
  if (!channel.send(connect_packet(endpoint))) return {"CONNACK", false, "no answer"};
  const ProbeAnswer connack = next_packet(channel);
  if (connack.first != kConnackByte) return {"CONNACK", false, no_answer(connack)};
  if (const int reason = reason_at(connack.rest, 1); reason != 0) {
    return {"CONNACK", false, reason_text(reason)};
  }
  ConnectStep step = probe_topic(channel, topic);
  static_cast<void>(channel.send(packet(kDisconnectByte, {})));
  return step;
}

}  // namespace

std::vector<ConnectStep> probe_mqtt_topics(const EndpointConfig& endpoint, End end,
                                           const std::vector<std::string>& topics,
                                           std::chrono::seconds patience) {
  // A connection for each: Mosquitto 2.0.11 closes one on which it has refused QoS 2.
  std::vector<ConnectStep> steps;
  steps.reserve(topics.size());
  for (const std::string& topic : topics) {
    steps.push_back(probe_alone(endpoint, end, topic, patience));
  }
  return steps;
}

}  // namespace millrace
