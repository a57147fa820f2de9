#include "event/result_properties.hpp"

#include <gmock/gmock.h>

namespace millrace {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

const auto kReceived = std::chrono::system_clock::time_point(1769860800123ms);
const Payload kResult(std::string("144"));

Frame frame_with(const Properties& properties) {
  Frame frame;
  frame.id = {0x5f3a9c01, 17, 0};
  frame.stream = "events/a";
  frame.received = kReceived;
  frame.properties = std::make_shared<const Properties>(properties);
  return frame;
}

TEST(ResultProperties, NameTheEvent) {
  Frame frame = frame_with({});
  frame.properties = nullptr;
  const Properties properties = result_properties(frame, kResult, kReceived);
  EXPECT_THAT(properties.user,
              ElementsAre(Pair("millrace-id", "5f3a9c01-17.0"), Pair("millrace-topic", "events/a"),
                          Pair("millrace-received", "2026-01-31T12:00:00.123Z")));
  EXPECT_FALSE(properties.message_expiry);
  EXPECT_FALSE(properties.utf8_payload);
}

TEST(ResultProperties, SayThatARepeatIsPossible) {
  Frame frame = frame_with({});
  frame.redelivered = true;
  const Properties properties = result_properties(frame, kResult, kReceived);
  EXPECT_THAT(properties.user.back(), Pair("millrace-redelivered", "1"));
}

TEST(ResultProperties, RepeatWhatTheInputSays) {
  Properties input;
  input.content_type = "text/plain";
  input.correlation_data = std::string("\0\xff", 2);
  input.utf8_payload = true;
  const Properties properties = result_properties(frame_with(input), kResult, kReceived);
  EXPECT_EQ(properties.content_type, "text/plain");
  EXPECT_EQ(properties.correlation_data, std::string("\0\xff", 2));
  EXPECT_TRUE(properties.utf8_payload);
}

TEST(ResultProperties, KeepTheUsersOwnInTheirOrderAndReplaceOurs) {
  Properties input;
  input.user = {{"k", "1"},
                {"millrace-id", "x"},
                {"k", "2"},
                {"millrace-topic", "x"},
                {"millrace-received", "x"},
                {"millrace-redelivered", "1"},
                {"millrace-other", "x"}};
  const Properties properties = result_properties(frame_with(input), kResult, kReceived);
  EXPECT_THAT(properties.user,
              ElementsAre(Pair("k", "1"), Pair("k", "2"), Pair("millrace-other", "x"),
                          Pair("millrace-id", "5f3a9c01-17.0"), Pair("millrace-topic", "events/a"),
                          Pair("millrace-received", "2026-01-31T12:00:00.123Z")));
}

TEST(ResultProperties, LeaveTheResponseTopicOut) {
  Properties input;
  input.response_topic = "answers";
  EXPECT_EQ(result_properties(frame_with(input), kResult, kReceived).response_topic, "");
}

TEST(ResultProperties, DoNotCallBytesText) {
  Properties input;
  input.utf8_payload = true;
  const Payload binary(std::string("\xff"));
  EXPECT_FALSE(result_properties(frame_with(input), binary, kReceived).utf8_payload);
}

TEST(ResultProperties, TakeTheTimeItTookOffTheExpiry) {
  Properties input;
  input.message_expiry = 60;
  const Frame frame = frame_with(input);
  const auto expiry = [&](auto waited) {
    return result_properties(frame, kResult, kReceived + waited).message_expiry;
  };
  EXPECT_EQ(expiry(0s), 60U);
  EXPECT_EQ(expiry(999ms), 60U);
  EXPECT_EQ(expiry(1000ms), 59U);
  EXPECT_EQ(expiry(59s), 1U);
  EXPECT_EQ(expiry(60s), 1U) << "the result is sent in any case";
  EXPECT_EQ(expiry(24h), 1U);
  EXPECT_EQ(expiry(-5s), 60U) << "the clock was set back";
}

TEST(ResultProperties, HaveAnExpiryOfNoneOrAtLeastOne) {
  Properties input;
  input.message_expiry = 0;
  EXPECT_EQ(result_properties(frame_with(input), kResult, kReceived).message_expiry, 1U);
}

}  // namespace
}  // namespace millrace
