#include "event/json_pointer.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace millrace {
namespace {

std::string at(const char* pointer, std::string_view document) {
  return JsonPointer(pointer).find(document).value_or("nothing");
}

TEST(JsonPointer, FindsScalarsInObjectsAndArrays) {
  EXPECT_EQ(at("/id", R"({"id": "a"})"), "sa");
  EXPECT_EQ(at("/a/b/1", R"({"x": {"b": 0}, "a": {"c": [7], "b": [[1, 2], 42]}})"), "n42");
  EXPECT_EQ(at("/0/k", R"([{"k": true}])"), "b1");
  EXPECT_EQ(at("/k", R"({"k": false})"), "b0");
  EXPECT_EQ(at("/", R"({"": "empty name"})"), "sempty name");
  EXPECT_EQ(at("/0", R"({"0": "a member"})"), "sa member");
}

TEST(JsonPointer, UnescapesItsTokens) {
  EXPECT_EQ(at("/a~1b/m~0n/~01", R"({"a/b": {"m~n": {"~1": 1}}})"), "n1");
}

TEST(JsonPointer, FindsNothingThatIsNoScalar) {
  EXPECT_EQ(at("/a", R"({"a": null})"), "nothing");
  EXPECT_EQ(at("/a", R"({"a": {"b": 1}})"), "nothing");
  EXPECT_EQ(at("/a", R"({"a": [1]})"), "nothing");
}

TEST(JsonPointer, FindsNothingWhereItsPathDoesNotLead) {
  EXPECT_EQ(at("/a", R"({"b": 1})"), "nothing");
  EXPECT_EQ(at("/a/b", R"({"a": 1, "b": 2})"), "nothing");
  EXPECT_EQ(at("/a/b", R"({"a": {}, "b": 2})"), "nothing");
  EXPECT_EQ(at("/2", "[1, 2]"), "nothing");
  EXPECT_EQ(at("/01", "[1, 2]"), "nothing");
  EXPECT_EQ(at("/-", "[1, 2]"), "nothing");
  EXPECT_EQ(at("/a", "[1, 2]"), "nothing");
  EXPECT_EQ(at("/a", "1"), "nothing");
  EXPECT_EQ(at("/b", R"([[{"b": 1}]])"), "nothing") << "one level too deep";
  EXPECT_EQ(at("/a/b", R"({"a": [{"b": 1}]})"), "nothing");
  EXPECT_EQ(at("/a/b", R"({"x": {"a": {"b": 1}}})"), "nothing");
}

TEST(JsonPointer, FindsNothingInWhatIsNoJson) {
  EXPECT_EQ(at("/a", ""), "nothing");
  EXPECT_EQ(at("/a", "plain text"), "nothing");
  EXPECT_EQ(at("/a", R"({"a")"), "nothing");
  EXPECT_EQ(at("/a", R"({"a": "cut o)"), "nothing");
  EXPECT_EQ(at("/a", R"({"x" 1, "a": 2})"), "nothing");
  EXPECT_EQ(at("/a", "{\"a\": \"\xff\"}"), "nothing");
  EXPECT_EQ(at("/a", R"({"a": 1e999})"), "nothing");
}

TEST(JsonPointer, TakesTheFirstOfTwoMembersAndLooksNoFurther) {
  EXPECT_EQ(at("/a", R"({"a": 1, "a": 2})"), "n1");
  EXPECT_EQ(at("/a", R"({"a": {}, "a": 2})"), "nothing");
  EXPECT_EQ(at("/a", R"({"a": 1, and no JSON behind it)"), "n1");
}

TEST(JsonPointer, TellsTypesAndSpellingsApart) {
  EXPECT_EQ(at("/a", R"({"a": "1"})"), "s1");
  EXPECT_EQ(at("/a", R"({"a": 1})"), "n1");
  EXPECT_EQ(at("/a", R"({"a": -1})"), "n-1");
  EXPECT_EQ(at("/a", R"({"a": 1.0})"), "n1.0");
  EXPECT_EQ(at("/a", R"({"a": 123456789012345678901234567890})"),
            "n123456789012345678901234567890");
}

TEST(JsonPointer, ReadsDeepDocumentsWithoutRecursion) {
  const std::string deep(1U << 20U, '[');
  EXPECT_EQ(at("/a", deep), "nothing");
  EXPECT_EQ(at("/1", "[" + deep + std::string(1U << 20U, ']') + ", 5]"), "n5");
}

TEST(JsonPointer, RefusesWhatIsNone) {
  for (const char* wrong : {"", "a", "a/b", "#/a", "/a~", "/~2", "/~~"}) {
    EXPECT_THROW(JsonPointer{wrong}, std::invalid_argument) << wrong;
  }
}

}  // namespace
}  // namespace millrace
