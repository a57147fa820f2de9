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

/// `not authorized`; the number, such as `0xa0`, for one that MQTT 5 does not name.
[[nodiscard]] std::string reason_name(int code);

/// What a CONNACK says, as a reason code of MQTT 5: a return code of MQTT 3.1.1 as the one of the
/// same meaning, or 0x80 where it has none.
[[nodiscard]] int connack_reason(int code, int mqtt_version);

}  // namespace millrace
