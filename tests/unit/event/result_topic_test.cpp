#include "event/result_topic.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace millrace {
namespace {

using namespace std::string_literals;

Frame frame_of(std::string stream, std::string response_topic = {}) {
  Frame frame;
  frame.stream = std::move(stream);
  auto properties = std::make_shared<Properties>();
  properties->response_topic = std::move(response_topic);
  frame.properties = std::move(properties);
  return frame;
}

// The topic, or why there is none.
std::string resolve(const TopicTemplate& topic, const Frame& frame) {
  const auto resolved = topic.resolve(frame);
  if (const auto* rejected = std::get_if<Rejected>(&resolved)) return "! " + rejected->cause;
  return std::get<std::string>(resolved);
}

std::string refusal(std::string_view text, std::vector<std::string> own_filters = {}) {
  try {
    const TopicTemplate topic(text, std::move(own_filters));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(TopicTemplate, IsTheSameForEveryEventWithoutPlaceholders) {
  const TopicTemplate topic("results");
  EXPECT_TRUE(topic.fixed());
  EXPECT_EQ(resolve(topic, frame_of("events/a")), "results");
}

TEST(TopicTemplate, PutsTheInputsTopicIn) {
  const TopicTemplate topic("results/{topic}/done");
  EXPECT_FALSE(topic.fixed());
  EXPECT_EQ(resolve(topic, frame_of("events/a")), "results/events/a/done");
  EXPECT_EQ(resolve(TopicTemplate("{topic}{topic}"), frame_of("a")), "aa");
}

TEST(TopicTemplate, PutsTheResponseTopicIn) {
  EXPECT_EQ(resolve(TopicTemplate("{response_topic}"), frame_of("a", "answers/7")), "answers/7");
}

TEST(TopicTemplate, RejectsAnEventWithoutAResponseTopic) {
  const TopicTemplate topic("{response_topic}");
  EXPECT_EQ(resolve(topic, frame_of("a")), "! sink.topic: the event has no response topic");
  EXPECT_EQ(resolve(topic, Frame{}), "! sink.topic: the event has no response topic");
}

TEST(TopicTemplate, DoesNotLookForPlaceholdersInWhatItPutsIn) {
  EXPECT_EQ(resolve(TopicTemplate("r/{topic}"), frame_of("{response_topic}", "x")),
            "r/{response_topic}");
}

TEST(TopicTemplate, RejectsWhatNoTopicNameCanBe) {
  const TopicTemplate topic("{response_topic}");
  EXPECT_EQ(resolve(topic, frame_of("a", "b/#")),
            "! sink.topic: topic \"b/#\" holds a wildcard (+ or #)");
  EXPECT_EQ(resolve(topic, frame_of("a", "b/+")),
            "! sink.topic: topic \"b/+\" holds a wildcard (+ or #)");
  EXPECT_EQ(resolve(topic, frame_of("a", "$SYS/x")),
            "! sink.topic: topic \"$SYS/x\" begins with $");
  EXPECT_EQ(resolve(topic, frame_of("a", "\xff")),
            "! sink.topic: topic \"\xff\" is not valid UTF-8");
  EXPECT_EQ(resolve(topic, frame_of("a", "b\0"s)), "! sink.topic: topic \"b\0\" holds U+0000"s);
  EXPECT_EQ(resolve(TopicTemplate("{topic}"), frame_of("")), "! sink.topic: topic \"\" is empty");
}

TEST(TopicTemplate, RejectsATopicOverMqttsLimitAndShowsItsBeginning) {
  const TopicTemplate topic("r/{topic}");
  EXPECT_EQ(resolve(topic, frame_of(std::string(65533, 'a'))).size(), 65535U);
  EXPECT_EQ(resolve(topic, frame_of(std::string(65534, 'a'))),
            "! sink.topic: topic \"r/" + std::string(198, 'a') + "…\" is longer than 65535 bytes");
}

TEST(TopicTemplate, RejectsATopicThatWouldComeBack) {
  const TopicTemplate topic("{response_topic}", {"other", "$share/g/events/#"});
  EXPECT_EQ(resolve(topic, frame_of("events/a", "events/b")),
            "! sink.topic: topic \"events/b\" is matched by the subscription "
            "\"$share/g/events/#\"");
  EXPECT_EQ(resolve(topic, frame_of("events/a", "answers")), "answers");
}

TEST(TopicTemplate, RefusesUnknownPlaceholders) {
  EXPECT_EQ(refusal("r/{tpoic}"),
            "topic \"r/{tpoic}\": {tpoic} is unknown; allowed are {topic} "
            "and {response_topic}");
  EXPECT_EQ(refusal("r/{}"),
            "topic \"r/{}\": {} is unknown; allowed are {topic} and {response_topic}");
}

TEST(TopicTemplate, RefusesBracesThatEncloseNothing) {
  const std::string why = ": braces must enclose {topic} or {response_topic}";
  EXPECT_EQ(refusal("r/{topic"), "topic \"r/{topic\"" + why);
  EXPECT_EQ(refusal("r/topic}"), "topic \"r/topic}\"" + why);
  EXPECT_EQ(refusal("r/{topic}}"), "topic \"r/{topic}}\"" + why);
}

TEST(TopicTemplate, RefusesTextThatNoTopicNameCanHold) {
  EXPECT_EQ(refusal(""), "topic \"\": is empty");
  EXPECT_EQ(refusal("r/+"), "topic \"r/+\": holds a wildcard (+ or #)");
  EXPECT_EQ(refusal("r/#/{topic}"), "topic \"r/#/{topic}\": holds a wildcard (+ or #)");
  EXPECT_EQ(refusal("$r"), "topic \"$r\": begins with $");
  EXPECT_EQ(refusal("$r/{topic}"), "topic \"$r/{topic}\": begins with $");
  EXPECT_EQ(refusal("\xff{topic}"), "topic \"\xff{topic}\": is not valid UTF-8");
}

TEST(TopicTemplate, RefusesAFixedTopicThatWouldComeBack) {
  EXPECT_EQ(refusal("events/results", {"events/#"}),
            "topic \"events/results\": is matched by the subscription \"events/#\"");
  EXPECT_EQ(refusal("results", {"events/#"}), "accepted");
}

}  // namespace
}  // namespace millrace
