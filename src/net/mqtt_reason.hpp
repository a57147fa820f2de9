// Reason codes of MQTT in words.
#pragma once

#include <string>

namespace millrace {

constexpr int kReasonTopicNameInvalid = 0x90;
constexpr int kReasonPacketTooLarge = 0x95;
constexpr int kReasonPayloadFormatInvalid = 0x99;
constexpr int kReasonSessionTakenOver = 0x8E;
constexpr int kReasonFailure = 0x80;  ///< codes from here on are failures (MQTT 5, 2.4)

/// `not authorized (0x87)`: MQTT 5, 2.4; for a CONNACK of MQTT 3.1.1, its return codes (3.2.2.3).
[[nodiscard]] std::string reason_text(int code);
[[nodiscard]] std::string connack_reason_text(int code, int mqtt_version);

}  // namespace millrace
