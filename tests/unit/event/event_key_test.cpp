#include "event/event_key.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

namespace millrace {
namespace {

struct KeyedEvent {
  std::string stream = "events/a";
  std::string payload;
  std::string property;  // `device`; empty: none
};

std::string key_of(const std::string& setting, const KeyedEvent& event) {
  Frame frame;
  frame.stream = event.stream;
  frame.payload = Payload(event.payload);
  if (!event.property.empty()) {
    frame.properties =
        std::make_shared<const Properties>(Properties{.user = {{"device", event.property}}});
  }
  std::string key = "what was there";
  EventKey(setting).of(frame, key);
  return key;
}

TEST(EventKey, TopicAndConnectionAreTheStream) {
  for (const char* setting : {"topic", "connection"}) {
    EXPECT_EQ(key_of(setting, {.stream = "a"}), key_of(setting, {.stream = "a", .payload = "x"}));
    EXPECT_NE(key_of(setting, {.stream = "a"}), key_of(setting, {.stream = "b"}));
  }
}

TEST(EventKey, APropertyCountsWhateverTheTopic) {
  const std::string setting = "property:device";
  EXPECT_EQ(key_of(setting, {.stream = "a", .property = "7"}),
            key_of(setting, {.stream = "b", .property = "7"}));
  EXPECT_NE(key_of(setting, {.property = "7"}), key_of(setting, {.property = "8"}));
}

TEST(EventKey, AValueInThePayloadCountsWhateverTheTopic) {
  const std::string setting = "pointer:/device/id";
  EXPECT_EQ(key_of(setting, {.stream = "a", .payload = R"({"device": {"id": 7}, "x": 1})"}),
            key_of(setting, {.stream = "b", .payload = R"({"device": {"id": 7}})"}));
  EXPECT_NE(key_of(setting, {.payload = R"({"device": {"id": 7}})"}),
            key_of(setting, {.payload = R"({"device": {"id": "7"}})"}))
      << "a number is not a text";
}

TEST(EventKey, AnEventWithoutItGoesByItsStream) {
  for (const char* setting : {"property:device", "pointer:/id"}) {
    EXPECT_EQ(key_of(setting, {.stream = "a"}), key_of("topic", {.stream = "a"}));
    EXPECT_NE(key_of(setting, {.stream = "a"}), key_of(setting, {.stream = "b"}));
  }
}

TEST(EventKey, NoStreamHasTheKeyOfAnEventThatHasOne) {
  EXPECT_NE(key_of("property:device", {.stream = "a", .property = "b"}),
            key_of("property:device", {.stream = "b"}));
}

TEST(EventKey, KnowsNoOtherNotation) {
  for (const char* text : {"", "topics", "property:", "pointer:", "pointer:id", "key"}) {
    EXPECT_THROW(EventKey{text}, std::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace millrace
