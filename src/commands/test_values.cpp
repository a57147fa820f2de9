#include "commands/test_values.hpp"

#include <utility>

#include "commands/json_properties.hpp"
#include "event/base64.hpp"

namespace millrace {
namespace {

constexpr std::size_t kLargestPayload = std::size_t{64} << 20U;

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes;
  std::optional<int> high;
  for (const char c : text) {
    if (c == ' ' && !high) continue;
    const auto digit = hex_digit(c);
    if (!digit) return std::nullopt;
    if (high) {
      bytes.push_back(static_cast<char>(*high * 16 + *digit));
      high.reset();
    } else {
      high = digit;
    }
  }
  if (high) return std::nullopt;
  return bytes;
}

void append(std::string& bytes, const std::string& part, const JsonNode& node) {
  if (part.size() > kLargestPayload - bytes.size()) node.fail("must not be over 64 MiB");
  bytes += part;
}

std::string repeated(const JsonNode& node) {
  node.check_object({"repeat", "times"});
  const std::string part = test_payload(node.at("repeat"));
  const auto times = node.at("times").integer(0, kLargestPayload);
  if (!part.empty() && times > kLargestPayload / part.size()) node.fail("must not be over 64 MiB");
  std::string bytes;
  bytes.reserve(part.size() * times);
  for (std::uint64_t i = 0; i < times && !part.empty(); ++i) bytes += part;
  return bytes;
}

std::string encoded(const JsonNode& node, const std::string& key,
                    std::optional<std::string> (*decode)(std::string_view), const char* what) {
  node.check_object({key});
  const JsonNode text = node.at(key);
  auto bytes = decode(text.text());
  if (!bytes) text.fail(what);
  return *std::move(bytes);
}

}  // namespace

std::string test_payload(const JsonNode& node) {
  if (node.value().is_string()) return node.text();
  std::string bytes;
  if (node.value().is_array()) {
    for (const JsonNode& item : node.items()) append(bytes, test_payload(item), node);
    return bytes;
  }
  if (!node.value().is_object()) {
    node.fail(R"(must be a text, {"base64": …}, {"hex": …}, {"repeat": …, "times": N} or a list)");
  }
  if (node.find("repeat")) return repeated(node);
  if (node.find("hex")) {
    return encoded(node, "hex", from_hex, "must be pairs of hexadecimal digits");
  }
  if (node.find("base64")) {
    return encoded(node, "base64", from_base64, "must be base64, with padding, on one line");
  }
  node.fail(R"(must have "base64", "hex" or "repeat")");
}

Properties test_properties(const JsonNode& node) {
  node.check_object(
      {"content_type", "correlation_data", "response_topic", "message_expiry", "user"});
  Properties properties;
  read_plain_properties(node, properties);
  if (const auto value = node.find("correlation_data")) {
    properties.correlation_data = test_payload(*value);
  }
  const auto user = node.find("user");
  if (!user) return properties;
  if (user->value().is_object()) {
    for (const auto& [key, value] : user->value().items()) {
      properties.user.emplace_back(key, user->at(key).text());
    }
    return properties;
  }
  read_user_properties(*user, properties);
  return properties;
}

}  // namespace millrace
