#include "event/producer_key.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace millrace {
namespace {

Frame with_user(std::vector<std::pair<std::string, std::string>> user) {
  Frame frame;
  frame.properties = std::make_shared<const Properties>(Properties{.user = std::move(user)});
  return frame;
}

Frame with_payload(const std::string& payload) {
  Frame frame;
  frame.payload = Payload(payload);
  return frame;
}

TEST(ProducerKey, IsTheFirstUserPropertyOfItsName) {
  const ProducerKey key("property:n");
  EXPECT_EQ(key.of(with_user({{"m", "0"}, {"n", "1"}, {"n", "2"}})), "1");
  EXPECT_EQ(key.of(with_user({{"N", "1"}})), std::nullopt);
  EXPECT_EQ(key.of(with_payload(R"({"n": 1})")), std::nullopt) << "no properties at all";
}

TEST(ProducerKey, MayBeNamedWithAnything) {
  EXPECT_EQ(ProducerKey("property:a:b/c").of(with_user({{"a:b/c", "1"}})), "1");
  EXPECT_EQ(ProducerKey("property:millrace-id").of(with_user({{"millrace-id", "x"}})), "x");
}

TEST(ProducerKey, IsAScalarInThePayload) {
  const ProducerKey key("pointer:/id");
  EXPECT_EQ(key.of(with_payload(R"({"id": "a"})")), "sa");
  EXPECT_EQ(key.of(with_payload(R"({"id": 5})")), "n5");
  EXPECT_EQ(key.of(with_payload("no JSON")), std::nullopt);
}

TEST(ProducerKey, IsNoneWhereItIsEmptyOrNull) {
  EXPECT_EQ(ProducerKey("property:n").of(with_user({{"n", ""}})), std::nullopt);
  EXPECT_EQ(ProducerKey("pointer:/id").of(with_payload(R"({"id": ""})")), std::nullopt);
  EXPECT_EQ(ProducerKey("pointer:/id").of(with_payload(R"({"id": null})")), std::nullopt);
}

TEST(ProducerKey, BelongsToAMessageWhereItIsAProperty) {
  EXPECT_TRUE(ProducerKey("property:n").of_message());
  EXPECT_FALSE(ProducerKey("pointer:/n").of_message());
}

TEST(ProducerKey, RefusesWhatSaysNoPlace) {
  for (const char* wrong : {"", "n", "property", "property:", "pointer", "pointer:", "pointer:n"}) {
    EXPECT_THROW(ProducerKey{wrong}, std::invalid_argument) << wrong;
  }
}

}  // namespace
}  // namespace millrace
