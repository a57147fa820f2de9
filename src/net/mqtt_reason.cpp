#include "net/mqtt_reason.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

namespace millrace {
namespace {

using Name = std::pair<int, std::string_view>;

constexpr std::array kNames{
    Name{0x80, "unspecified error"},
    Name{0x81, "malformed packet"},
    Name{0x82, "protocol error"},
    Name{0x83, "implementation specific error"},
    Name{0x84, "unsupported protocol version"},
    Name{0x85, "client identifier not valid"},
    Name{0x86, "bad user name or password"},
    Name{0x87, "not authorized"},
    Name{0x88, "server unavailable"},
    Name{0x89, "server busy"},
    Name{0x8A, "banned"},
    Name{0x8B, "server shutting down"},
    Name{0x8C, "bad authentication method"},
    Name{0x8D, "keep alive timeout"},
    Name{0x8E, "session taken over"},
    Name{0x8F, "topic filter invalid"},
    Name{0x90, "topic name invalid"},
    Name{0x91, "packet identifier in use"},
    Name{0x93, "receive maximum exceeded"},
    Name{0x94, "topic alias invalid"},
    Name{0x95, "packet too large"},
    Name{0x96, "message rate too high"},
    Name{0x97, "quota exceeded"},
    Name{0x98, "administrative action"},
    Name{0x99, "payload format invalid"},
    Name{0x9A, "retain not supported"},
    Name{0x9B, "QoS not supported"},
    Name{0x9C, "use another server"},
    Name{0x9D, "server moved"},
    Name{0x9E, "shared subscriptions not supported"},
    Name{0x9F, "connection rate exceeded"},
    Name{0xA1, "subscription identifiers not supported"},
    Name{0xA2, "wildcard subscriptions not supported"},
};

constexpr std::array kOldConnackNames{
    Name{1, "unacceptable protocol version"},
    Name{2, "client identifier rejected"},
    Name{3, "server unavailable"},
    Name{4, "bad user name or password"},
    Name{5, "not authorized"},
};

// A return code of MQTT 3.1.1 less one is its place.
constexpr std::array kOldConnackReasons{0x84, 0x85, 0x88, 0x86, 0x87};

template <typename Names>
std::optional<std::string_view> find_name(const Names& names, int code) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [&](const Name& name) { return name.first == code; });
  if (found == names.end()) return {};
  return found->second;
}

template <typename Names>
std::string look_up(const Names& names, int code) {
  char number[16];
  std::snprintf(number, sizeof number, "(0x%02X)", static_cast<unsigned>(code));
  return std::string(find_name(names, code).value_or("unknown reason")) + ' ' + number;
}

}  // namespace

std::string reason_text(int code) {
  return look_up(kNames, code);
}

std::string connack_reason_text(int code, int mqtt_version) {
  return mqtt_version >= 5 ? look_up(kNames, code) : look_up(kOldConnackNames, code);
}

std::string reason_name(int code) {
  if (const auto name = find_name(kNames, code)) return std::string(*name);
  char number[16];
  std::snprintf(number, sizeof number, "0x%02x", static_cast<unsigned>(code));
  return number;
}

int connack_reason(int code, int mqtt_version) {
  if (mqtt_version >= 5) return code;
  const auto at = static_cast<std::size_t>(code - 1);
  return at < kOldConnackReasons.size() ? kOldConnackReasons[at] : kReasonFailure;
}

}  // namespace millrace
