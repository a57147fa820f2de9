// MqttProbe: whether a server would take a message, without anybody getting one.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "millrace/config.hpp"
#include "millrace/connection.hpp"
#include "net/peer_channel.hpp"

namespace millrace {

/// Connects with MQTT 5 for each topic, and publishes an empty message to it, with QoS 2, not
/// retained and with the user property `millrace-probe: 1`. The server says in PUBREC whether it
/// takes it (MQTT 5, 3.5.2.1); then the connection ends, and with it the session, so that the
/// message is never released (4.3.3, method A). Mosquitto hands it to nobody; a server that
/// delivers before the release (method B) hands subscribers an empty message.
///
/// A step `PUBREC` for each topic; where the connection itself fails, the step at which it did.
///
/// Errors: throws `std::runtime_error` for TLS files that cannot be used.
[[nodiscard]] std::vector<ConnectStep> probe_mqtt_topics(const EndpointConfig& endpoint, End end,
                                                         const std::vector<std::string>& topics,
                                                         std::chrono::seconds patience);

}  // namespace millrace
