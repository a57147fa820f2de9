// A message's properties, as dead letters and test files write them.
#pragma once

#include "commands/json_node.hpp"
#include "millrace/chunk.hpp"

namespace millrace {

/// `content_type`, `response_topic` and `message_expiry`, those that there are. Errors: as
/// `JsonNode`.
void read_plain_properties(const JsonNode& node, Properties& properties);

/// A list of pairs of texts. Errors: as `JsonNode`.
void read_user_properties(const JsonNode& list, Properties& properties);

}  // namespace millrace
