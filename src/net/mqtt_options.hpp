// MqttOptions: from configuration to what Paho connects with.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "millrace/config.hpp"
#include "millrace/connection.hpp"

namespace mqtt {
class connect_options;
}

namespace millrace {

/// Where the server is.
struct MqttAddress {
  std::string uri;   ///< in Paho's schemes (tcp, ssl, ws, wss)
  std::string text;  ///< for people: scheme, host and port
  std::uint16_t port = 0;
  bool tls = false;
};

/// What the server publishes when the connection ends without a DISCONNECT (MQTT 5,
/// 3.1.2.5).
struct MqttWill {
  std::string topic;
  std::string payload;
  bool retain = true;
};

/// What one connection of ours asks of the server.
struct MqttOptions {
  EndpointConfig endpoint;
  MqttAddress address;
  /// Kept by the server for so long after we are gone; 0: a clean session each time.
  std::chrono::seconds session_expiry{0};
  std::optional<MqttWill> will = {};
};

/// Errors: throws `std::runtime_error`, one line, for a URL or TLS files that cannot work.
[[nodiscard]] MqttOptions make_mqtt_options(const EndpointConfig& endpoint,
                                            std::chrono::seconds session_expiry, End end);

/// Sets `connect`, which must stay where it is until `connect()` has returned: Paho C++ 1.2.0
/// leaves pointers into the original when it is copied.
void fill_connect_options(mqtt::connect_options& connect, const MqttOptions& options);

}  // namespace millrace
