#include "event/dead_letter.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

namespace millrace {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kRoomy = 1 << 20;
const auto kNow = std::chrono::system_clock::time_point(std::chrono::milliseconds(1769860800123));

struct Event {
  std::string raw = "abc";
  std::string stream = "events/a";
  Verdict verdict = Rejected{"square: payload is not a decimal integer"};
  Properties properties = {};
  std::string defect = {};
};

Outcome outcome_of(const Event& event, unsigned attempts = 1) {
  auto frame = std::make_shared<Frame>();
  frame->id = {0x5f3a9c01, 17, 0};
  frame->stream = event.stream;
  frame->raw = Payload(event.raw);
  frame->properties = std::make_shared<const Properties>(event.properties);
  frame->defect = event.defect;
  return {std::move(frame), event.verdict, attempts};
}

std::string letter_text(const Event& event, std::size_t max_bytes = kRoomy) {
  return dead_letter_json(outcome_of(event), kNow, max_bytes);
}

Json letter(const Event& event, std::size_t max_bytes = kRoomy) {
  return Json::parse(letter_text(event, max_bytes));
}

std::string decoded(const Json& letter) {
  const std::string text = letter.at("payload");
  if (letter.at("encoding") == "utf8") return text;
  std::string bytes(text.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                  reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
  return bytes.substr(0, bytes.size() - padding);
}

TEST(DeadLetter, SaysWhatBecameOfAnEvent) {
  Event event;
  event.properties.user = {{"k", "v"}, {"k", "w"}};
  EXPECT_EQ(letter_text(event),
            R"({"id":"5f3a9c01-17.0","stream":"events/a",)"
            R"("cause":"square: payload is not a decimal integer","attempts":1,)"
            R"("time":"2026-01-31T12:00:00.123Z","payload":"abc","encoding":"utf8",)"
            R"("properties":{"user":[["k","v"],["k","w"]]}})");
}

TEST(DeadLetter, HoldsTheOtherPropertiesOfTheInput) {
  Event event;
  event.properties.content_type = "text/plain";
  event.properties.correlation_data = std::string("\0\xff", 2);
  event.properties.response_topic = "answers";
  event.properties.message_expiry = 0;
  EXPECT_EQ(letter(event).at("properties"), Json::parse(R"({"user": [],
      "content_type": "text/plain", "correlation_data": "AP8=", "response_topic": "answers",
      "message_expiry": 0})"));
}

TEST(DeadLetter, HasAListOfUserPropertiesWhereThereAreNone) {
  auto frame = std::make_shared<Frame>();
  const Outcome outcome{std::move(frame), Rejected{"why"}, 1};
  EXPECT_EQ(Json::parse(dead_letter_json(outcome, kNow, kRoomy)).at("properties"),
            Json::parse(R"({"user": []})"));
}

TEST(DeadLetter, CountsTheAttemptsOfAFailure) {
  Event event;
  event.verdict = Failed{"square: timed out"};
  const Json json = Json::parse(dead_letter_json(outcome_of(event, 3), kNow, kRoomy));
  EXPECT_EQ(json.at("cause"), "square: timed out");
  EXPECT_EQ(json.at("attempts"), 3);
}

TEST(DeadLetter, GivesTheDefectOfBytesThatAreNoFrame) {
  Event event;
  event.defect = "the stream was closed";
  event.verdict = Filtered{};
  EXPECT_EQ(letter(event).at("cause"), "the stream was closed");
}

TEST(DeadLetter, HoldsBytesThatAreNoTextInBase64) {
  Event event;
  event.raw = "\xff\xfe";
  const Json json = letter(event);
  EXPECT_EQ(json.at("encoding"), "base64");
  EXPECT_EQ(json.at("payload"), "//4=");
}

TEST(DeadLetter, HoldsEveryByteThatCame) {
  const unsigned first_seed = std::random_device{}();
  for (unsigned seed = first_seed; seed != first_seed + 2000; ++seed) {
    std::mt19937 random(seed);
    Event event;
    event.raw.assign(random() % 100, '\0');
    const unsigned range = seed % 2 == 0 ? 256 : 128;
    for (auto& byte : event.raw) byte = static_cast<char>(random() % range);
    ASSERT_EQ(decoded(letter(event)), event.raw) << "seed " << seed;
  }
}

TEST(DeadLetter, IsNotBrokenByACauseOrAStreamThatIsNoText) {
  Event event;
  event.verdict = Rejected{"bad \xff\xc3 byte"};
  event.stream = "a\xf0\x9f";
  event.properties.user = {{"\xff", "\xed\xa0\x80"}};
  const Json json = letter(event);
  EXPECT_EQ(json.at("cause"), "bad \xef\xbf\xbd\xef\xbf\xbd byte");
  EXPECT_EQ(json.at("payload"), "abc");
}

TEST(DeadLetter, FillsTheRoomThereIsExactly) {
  const Event event;
  const std::string text = letter_text(event);
  EXPECT_EQ(letter_text(event, text.size()), text);
  const Json one_byte_less = letter(event, text.size() - 1);
  EXPECT_TRUE(one_byte_less.at("payload").is_null());
  EXPECT_FALSE(one_byte_less.at("properties").is_null());
}

TEST(DeadLetter, LeavesAPayloadOutThatThereIsNoRoomFor) {
  Event event;
  event.raw.assign(1048577, 'a');
  event.properties.user = {{"k", "v"}};
  const Json json = letter(event);
  EXPECT_TRUE(json.at("payload").is_null());
  EXPECT_EQ(json.at("bytes"), 1048577);
  EXPECT_FALSE(json.contains("encoding"));
  EXPECT_EQ(json.at("properties").at("user").size(), 1U);
}

TEST(DeadLetter, CountsWhatEscapingAdds) {
  Event event;
  event.raw.assign(1000, '\x01');
  EXPECT_TRUE(letter(event, 2000).at("payload").is_null());
  EXPECT_EQ(letter(event, 7000).at("payload"), event.raw);
}

TEST(DeadLetter, LeavesPropertiesOutAndCutsTheCauseWhereThereIsNoRoom) {
  Event event;
  event.properties.user = {{"k", std::string(3000, 'v')}};
  event.verdict = Rejected{std::string(1500, 'c')};
  const Json without_properties = letter(event, 2000);
  EXPECT_TRUE(without_properties.at("payload").is_null());
  EXPECT_TRUE(without_properties.at("properties").is_null());
  EXPECT_EQ(without_properties.at("cause"), std::string(1500, 'c'));

  event.verdict = Rejected{std::string(5000, 'c')};
  EXPECT_LE(letter_text(event, 2000).size(), 2000U);
  EXPECT_EQ(letter(event, 2000).at("cause"), std::string(1024, 'c'));
}

}  // namespace
}  // namespace millrace
