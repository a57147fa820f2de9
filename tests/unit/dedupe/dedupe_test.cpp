// Which events are duplicates.

#include "dedupe/dedupe.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

Frame with_property(Offset offset, const std::string& value, std::uint32_t index = 0) {
  Frame frame;
  frame.id = {1, offset, index};
  frame.properties = std::make_shared<const Properties>(Properties{.user = {{"n", value}}});
  return frame;
}

Frame with_payload(Offset offset, const std::string& payload, std::uint32_t index = 0) {
  Frame frame;
  frame.id = {1, offset, index};
  frame.payload = Payload(payload);
  return frame;
}

TEST(Dedupe, KnowsAKeyThatCameWithAnotherEvent) {
  Dedupe dedupe({.key = "property:n", .window = 1000}, 64);
  EXPECT_FALSE(dedupe.is_duplicate(with_property(0, "a")));
  EXPECT_FALSE(dedupe.is_duplicate(with_property(1, "b")));
  EXPECT_TRUE(dedupe.is_duplicate(with_property(2, "a")));
  EXPECT_TRUE(dedupe.is_duplicate(with_property(3, "a"))) << "as often as it comes";
}

TEST(Dedupe, TakesNoEventForADuplicateOfItself) {
  Dedupe dedupe({.key = "property:n", .window = 1000}, 64);
  EXPECT_FALSE(dedupe.is_duplicate(with_property(5, "a")));
  EXPECT_FALSE(dedupe.is_duplicate(with_property(5, "a")));
}

TEST(Dedupe, KeepsAllEventsOfOneMessageWhereTheMessageHasTheKey) {
  Dedupe dedupe({.key = "property:n", .window = 1000}, 64);
  EXPECT_FALSE(dedupe.is_duplicate(with_property(0, "a", 0)));
  EXPECT_FALSE(dedupe.is_duplicate(with_property(0, "a", 1)));
  EXPECT_FALSE(dedupe.is_duplicate(with_property(0, "a", 2)));
  EXPECT_TRUE(dedupe.is_duplicate(with_property(1, "a", 0))) << "the whole message again";
  EXPECT_TRUE(dedupe.is_duplicate(with_property(1, "a", 1)));
}

TEST(Dedupe, TellsEventsOfOneMessageApartWhereEachHasAKey) {
  Dedupe dedupe({.key = "pointer:/id", .window = 1000}, 64);
  EXPECT_FALSE(dedupe.is_duplicate(with_payload(0, R"({"id": 1})", 0)));
  EXPECT_TRUE(dedupe.is_duplicate(with_payload(0, R"({"id": 1})", 1)));
  EXPECT_FALSE(dedupe.is_duplicate(with_payload(0, R"({"id": 1})", 0)));
}

TEST(Dedupe, TellsTypesApart) {
  Dedupe dedupe({.key = "pointer:/id", .window = 1000}, 64);
  EXPECT_FALSE(dedupe.is_duplicate(with_payload(0, R"({"id": 1})")));
  EXPECT_FALSE(dedupe.is_duplicate(with_payload(1, R"({"id": "1"})")));
  EXPECT_FALSE(dedupe.is_duplicate(with_payload(2, R"({"id": "n1"})")));
}

TEST(Dedupe, PassesWhatHasNoKey) {
  Dedupe dedupe({.key = "property:n", .window = 1000}, 64);
  for (Offset offset = 0; offset < 3; ++offset) {
    EXPECT_FALSE(dedupe.is_duplicate(with_property(offset, "")));
    EXPECT_FALSE(dedupe.is_duplicate(with_payload(offset, "{}")));
  }
}

TEST(Dedupe, RemembersTheWindowAndALittleMore) {
  Dedupe dedupe({.key = "property:n", .window = 1000}, 64);
  Offset offset = 0;
  const auto next = [&](std::uint64_t name) {
    return dedupe.is_duplicate(with_property(offset++, std::to_string(name)));
  };
  EXPECT_FALSE(next(0));
  for (std::uint64_t name = 1; name < 1064; ++name) ASSERT_FALSE(next(name));
  EXPECT_TRUE(next(0)) << "1063 others have come";
  EXPECT_FALSE(next(1064));
  EXPECT_FALSE(next(0)) << "1064 others have";
}

}  // namespace
}  // namespace millrace
