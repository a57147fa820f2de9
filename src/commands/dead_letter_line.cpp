#include "commands/dead_letter_line.hpp"

#include <limits>
#include <stdexcept>

#include "commands/json_node.hpp"
#include "config/error.hpp"
#include "event/base64.hpp"

namespace millrace {
namespace {

std::string bytes_of(const JsonNode& node) {
  auto bytes = from_base64(node.text());
  if (!bytes) node.fail("must be base64");
  return *std::move(bytes);
}

std::string payload_of(const JsonNode& letter) {
  const JsonNode payload = letter.at("payload");
  if (payload.value().is_null()) {
    const auto bytes = letter.find("bytes");
    const bool known = bytes && bytes->value().is_number_unsigned();
    letter.fail("holds no payload" +
                (known ? ": it had " + bytes->value().dump() + " bytes, too many for the letter"
                       : std::string()));
  }
  const JsonNode encoding = letter.at("encoding");
  if (encoding.value() == "utf8") return payload.text();
  if (encoding.value() == "base64") return bytes_of(payload);
  encoding.fail("must be utf8 or base64");
}

Properties letter_properties_of(const JsonNode& node) {
  Properties properties;
  if (!node.value().is_object()) node.fail("must be an object");
  for (const JsonNode& pair : node.at("user").items()) {
    const auto parts = pair.items();
    if (parts.size() != 2) pair.fail("must be a pair of texts");
    properties.user.emplace_back(parts[0].text(), parts[1].text());
  }
  if (const auto value = node.find("content_type")) properties.content_type = value->text();
  if (const auto value = node.find("correlation_data")) {
    properties.correlation_data = bytes_of(*value);
  }
  if (const auto value = node.find("response_topic")) properties.response_topic = value->text();
  if (const auto value = node.find("message_expiry")) {
    properties.message_expiry =
        static_cast<std::uint32_t>(value->integer(0, std::numeric_limits<std::uint32_t>::max()));
  }
  return properties;
}

DeadLetter letter_of(const JsonNode& node) {
  DeadLetter letter;
  letter.id = node.at("id").text();
  letter.stream = node.at("stream").text();
  letter.cause = node.at("cause").text();
  letter.payload = payload_of(node);
  letter.properties = letter_properties_of(node.at("properties"));
  return letter;
}

}  // namespace

std::variant<DeadLetter, std::string> read_dead_letter(std::string_view line) {
  if (!line.starts_with('{')) {
    return std::string("must be a JSON object, as mosquitto_sub prints it without -v");
  }
  try {
    const std::string nameless;
    // Its name stands for the line, so that what it says begins `:1:COLUMN:`.
    const Document document = parse_document(line, nameless);
    return letter_of(JsonNode(document, nameless));
  } catch (const ConfigError& error) {
    std::string why = error.what();
    if (why.starts_with(":1:")) why = "column " + why.substr(3);
    return why;
  }
}

}  // namespace millrace
