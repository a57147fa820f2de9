// Payloads and MQTT properties as a test file writes them.
#pragma once

#include <string>

#include "commands/json_node.hpp"
#include "millrace/chunk.hpp"

namespace millrace {

/// A payload: a text; `{"base64": …}`; `{"hex": …}`, with spaces between bytes as one likes;
/// `{"repeat": PAYLOAD, "times": N}`; or a list of payloads, one after another. At most 64 MiB.
///
/// Errors: throws `ConfigError`.
[[nodiscard]] std::string test_payload(const JsonNode& node);

/// Properties of a message: `content_type`, `correlation_data` (a payload), `response_topic`,
/// `message_expiry` (seconds), `user` (an object, or a list of pairs where a name comes twice).
///
/// Errors: throws `ConfigError`.
[[nodiscard]] Properties test_properties(const JsonNode& node);

}  // namespace millrace
