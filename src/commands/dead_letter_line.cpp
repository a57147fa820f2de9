#include "commands/dead_letter_line.hpp"

#include <stdexcept>

#include "commands/json_node.hpp"
#include "commands/json_properties.hpp"
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
  read_user_properties(node.at("user"), properties);
  read_plain_properties(node, properties);
  if (const auto value = node.find("correlation_data")) {
    properties.correlation_data = bytes_of(*value);
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
