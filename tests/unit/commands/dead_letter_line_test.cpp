#include "commands/dead_letter_line.hpp"

#include <gmock/gmock.h>

#include <memory>

#include "event/dead_letter.hpp"
#include "event/event_id.hpp"

namespace millrace {
namespace {

Outcome rejected(const std::string& payload, const Properties& properties) {
  auto frame = std::make_shared<Frame>();
  frame->id = {0x5f3a9c01, 17, 2};
  frame->stream = "events/a";
  frame->raw = Payload(payload);
  frame->properties = std::make_shared<const Properties>(properties);
  return {frame, Rejected{"no number"}, 1};
}

DeadLetter read_back(const Outcome& outcome) {
  const auto read = read_dead_letter(dead_letter_json(outcome, {}, 1 << 20));
  const auto* why = std::get_if<std::string>(&read);
  EXPECT_EQ(why, nullptr) << *why;
  return why == nullptr ? std::get<DeadLetter>(read) : DeadLetter{};
}

std::string why_not(const std::string& line) {
  const auto read = read_dead_letter(line);
  const auto* why = std::get_if<std::string>(&read);
  return why == nullptr ? "" : *why;
}

TEST(DeadLetterLine, IsReadAsItWasWritten) {
  Properties properties;
  properties.content_type = "text/plain";
  properties.correlation_data = std::string("\0\xff", 2);
  properties.response_topic = "answers";
  properties.message_expiry = 4294967295U;
  properties.user = {{"b", "1"}, {"a", "2"}, {"b", "3"}, {"", ""}};
  const DeadLetter letter = read_back(rejected("grüße \"\\\n", properties));
  EXPECT_EQ(letter.id, "5f3a9c01-17.2");
  EXPECT_EQ(letter.stream, "events/a");
  EXPECT_EQ(letter.cause, "no number");
  EXPECT_EQ(letter.payload, "grüße \"\\\n");
  EXPECT_EQ(letter.properties.content_type, properties.content_type);
  EXPECT_EQ(letter.properties.correlation_data, properties.correlation_data);
  EXPECT_EQ(letter.properties.response_topic, properties.response_topic);
  EXPECT_EQ(letter.properties.message_expiry, properties.message_expiry);
  EXPECT_EQ(letter.properties.user, properties.user);
}

TEST(DeadLetterLine, GivesEveryByteBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(read_back(rejected(bytes, {})).payload, bytes);
  EXPECT_EQ(read_back(rejected("", {})).payload, "");
}

TEST(DeadLetterLine, SaysThatThePayloadWasLeftOut) {
  const auto line = dead_letter_json(rejected(std::string(5000, 'x'), {}), {}, 1000);
  EXPECT_EQ(why_not(line), "holds no payload: it had 5000 bytes, too many for the letter");
}

TEST(DeadLetterLine, SaysWhatIsWrong) {
  EXPECT_EQ(why_not("t {}"), "must be a JSON object, as mosquitto_sub prints it without -v");
  EXPECT_EQ(why_not("{"), "column 2: not valid JSON: it ends too early");
  EXPECT_EQ(why_not("{}"), "must have \"id\"");
  EXPECT_EQ(why_not(R"({"id": "", "stream": 1})"), "stream: must be a text");
  const std::string begin = R"({"id": "", "stream": "a", "cause": "", )";
  EXPECT_EQ(why_not(begin + R"("payload": "x"})"), "must have \"encoding\"");
  EXPECT_EQ(why_not(begin + R"("payload": "x", "encoding": "hex"})"),
            "encoding: must be utf8 or base64");
  EXPECT_EQ(why_not(begin + R"("payload": "x", "encoding": "base64"})"), "payload: must be base64");
  const std::string with_payload = begin + R"("payload": "x", "encoding": "utf8", )";
  EXPECT_EQ(why_not(with_payload + R"("properties": null})"), "properties: must be an object");
  EXPECT_EQ(why_not(with_payload + R"("properties": {"user": [["a"]]}})"),
            "properties.user[0]: must be a pair of texts");
}

}  // namespace
}  // namespace millrace
