#include "commands/json_properties.hpp"

#include <cstdint>
#include <limits>

namespace millrace {

void read_plain_properties(const JsonNode& node, Properties& properties) {
  if (const auto value = node.find("content_type")) properties.content_type = value->text();
  if (const auto value = node.find("response_topic")) properties.response_topic = value->text();
  if (const auto value = node.find("message_expiry")) {
    properties.message_expiry =
        static_cast<std::uint32_t>(value->integer(0, std::numeric_limits<std::uint32_t>::max()));
  }
}

void read_user_properties(const JsonNode& list, Properties& properties) {
  for (const JsonNode& pair : list.items()) {
    const auto parts = pair.items();
    if (parts.size() != 2) pair.fail("must be a pair of texts");
    properties.user.emplace_back(parts[0].text(), parts[1].text());
  }
}

}  // namespace millrace
