// Frames over message boundaries, through the real graph.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "event/event_id.hpp"
#include "pipeline/harness.hpp"

namespace millrace::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A packet of the `>I` header: four bytes of length, then the payload.
std::string packet(const std::string& payload) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(payload.size() >> shift & 0xff));
  }
  return bytes + payload;
}

class PacketFraming : public ::testing::Test {
 protected:
  PacketFraming() {
    harness.config.framing.type = FramingType::length_prefixed;
    harness.config.framing.header = {">I", {"length"}};
  }
  Harness harness;
};

TEST_F(PacketFraming, JoinsAHundredOneByteMessagesIntoOneFrameWithSixtyFourCredits) {
  harness.config.limits.in_flight = 64;
  harness.start();
  const auto bytes = packet(std::string(96, 'x'));
  for (const char byte : bytes) harness.publish(std::string(1, byte));
  harness.publish(packet("next"));
  EXPECT_THAT(texts_of(harness.results.wait_for(2)), ElementsAre(std::string(96, 'x'), "next"));
  EXPECT_TRUE(harness.drain());
}

TEST_F(PacketFraming, CutsTheSamePacketsHoweverTheyAreSplitAndJoined) {
  harness.start();
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::string stream;
  std::vector<std::string> expected;
  for (int i = 0; i < 2000; ++i) {
    expected.push_back(std::to_string(i) + std::string(random() % 40, '.'));
    stream += packet(expected.back());
  }
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t size = random() % 4 == 0 ? 1 : 1 + random() % 200;
    harness.publish(stream.substr(at, size));
    at += size;
  }
  EXPECT_EQ(texts_of(harness.results.wait_for(2000)), expected);
  EXPECT_TRUE(harness.drain());
}

TEST_F(PacketFraming, KeepsTopicsApartAndNumbersFramesAsTheyEnd) {
  harness.start();
  const auto a = packet("aaaa");
  const auto b = packet("bb");
  harness.publish(a.substr(0, 5), "events/a");
  harness.publish(b, "events/b");
  harness.publish(a.substr(5), "events/a");
  const auto outcomes = harness.results.wait_for(2);
  EXPECT_THAT(texts_of(outcomes), ElementsAre("bb", "aaaa"));
  EXPECT_EQ(to_string(outcomes[0]->frame->id), "5f3a9c01-1.0");
  EXPECT_EQ(to_string(outcomes[1]->frame->id), "5f3a9c01-0.0") << "where the frame starts";
  EXPECT_TRUE(harness.drain());
}

TEST_F(PacketFraming, GivesFramesOfOneMessageIdsOfTheirOwn) {
  harness.start();
  harness.publish(packet("a") + packet("") + packet("c").substr(0, 3));
  harness.publish(packet("c").substr(3) + packet("d"));
  const auto outcomes = harness.results.wait_for(4);
  std::vector<std::string> ids;
  for (const auto& outcome : outcomes) ids.push_back(to_string(outcome->frame->id));
  EXPECT_THAT(texts_of(outcomes), ElementsAre("a", "", "c", "d"));
  EXPECT_THAT(ids, ElementsAre("5f3a9c01-0.0", "5f3a9c01-0.1", "5f3a9c01-0.2", "5f3a9c01-1.0"));
  EXPECT_TRUE(harness.drain());
}

TEST_F(PacketFraming, MakesAnImpossibleLengthADeadLetterInItsPlaceAndGoesOnWithTheNextMessage) {
  harness.start();
  harness.publish(packet("before"));
  harness.publish(std::string("\xff\xff\xff\xff rest of the message", 24));
  harness.publish(packet("after"));
  EXPECT_THAT(texts_of(harness.results.wait_for(2)), ElementsAre("before", "after"));
  const auto letters = harness.dead_letters.wait_for(1);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_THAT(text_of(letters[0]), HasSubstr("4294967295"));
  EXPECT_EQ(letters[0]->frame->number, 1U);
  EXPECT_EQ(letters[0]->attempts, 0U);
  EXPECT_TRUE(harness.drain());
}

TEST_F(PacketFraming, ClosesAConnectionThatCannotBeReadFurther) {
  harness.connection = true;
  harness.start();
  harness.publish(packet("ok") + std::string("\xff\xff\xff\xff", 4), "conn-1");
  harness.publish("ignored", "conn-1");
  ASSERT_FALSE(harness.journal->append(Cut{.stream = "conn-1"}));
  harness.publish(packet("other"), "conn-2");
  EXPECT_THAT(texts_of(harness.results.wait_for(2)), ElementsAre("ok", "other"));
  EXPECT_THAT(harness.broken(), ElementsAre("conn-1"));
  EXPECT_EQ(harness.dead_letters.wait_for(1).size(), 1U);
  EXPECT_TRUE(harness.drain());
}

TEST_F(PacketFraming, TimesOutAPartialFrameWhileItsNeighboursGoOn) {
  harness.config.framing.timeout = 50ms;
  harness.start();
  harness.pipeline->source_connected(true);
  harness.publish(packet("never whole").substr(0, 7), "events/a");
  harness.publish(packet("b"), "events/b");
  const auto letters = harness.dead_letters.wait_for(1);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_THAT(text_of(letters[0]), HasSubstr("framing.timeout"));
  EXPECT_EQ(letters[0]->frame->raw.view(), packet("never whole").substr(0, 7));
  harness.publish(packet("afresh"), "events/a");
  EXPECT_THAT(texts_of(harness.results.wait_for(2)), ElementsAre("b", "afresh"));
  EXPECT_TRUE(harness.drain());
}

TEST_F(PacketFraming, DoesNotTimeOutWhileItsSourceIsAway) {
  harness.config.framing.timeout = 20ms;
  harness.start();
  const auto bytes = packet("split");
  harness.publish(bytes.substr(0, 6), "events/a");
  EXPECT_THAT(harness.dead_letters.wait_for(1, 200ms), ::testing::IsEmpty());
  harness.publish(bytes.substr(6), "events/a");
  EXPECT_THAT(texts_of(harness.results.wait_for(1)), ElementsAre("split"));
  EXPECT_TRUE(harness.drain());
}

TEST_F(PacketFraming, GivesUpTheOldestPartialFrameWhenTheirBytesAreTooMany) {
  harness.config.limits.partial_bytes = 8192;
  harness.start();
  for (int topic = 0; topic < 40; ++topic) {
    harness.publish(packet(std::string(100, 'x')).substr(0, 50), "events/" + std::to_string(topic));
  }
  const auto letters = harness.dead_letters.wait_for(20);
  ASSERT_GE(letters.size(), 20U);
  EXPECT_EQ(letters[0]->frame->stream, "events/0");
  EXPECT_THAT(text_of(letters[0]), HasSubstr("limits.partial_bytes"));
  harness.publish(packet(std::string(100, 'x')).substr(50), "events/39");
  EXPECT_THAT(texts_of(harness.results.wait_for(1)), ElementsAre(std::string(100, 'x')));
  EXPECT_TRUE(harness.drain());
}

TEST_F(PacketFraming, MakesWhatAStopLeavesInsideAFrameADeadLetterSinceMemoryForgets) {
  harness.start();
  harness.publish(packet("whole"));
  harness.publish(packet("half").substr(0, 6));
  EXPECT_TRUE(harness.drain());
  EXPECT_THAT(texts_of(harness.results.outcomes()), ElementsAre("whole"));
  EXPECT_THAT(texts_of(harness.dead_letters.outcomes()),
              ElementsAre("!the stream ended inside a frame"));
}

TEST(WholeFraming, MakesEveryMessageAFrameAlsoAnEmptyOne) {
  Harness harness;
  harness.start();
  harness.publish("a");
  harness.publish("");
  harness.publish("b");
  EXPECT_THAT(texts_of(harness.results.wait_for(3)), ElementsAre("a", "", "b"));
  EXPECT_TRUE(harness.drain());
}

TEST(WholeFraming, RefusesAMessageOverTheLimitInItsPlace) {
  Harness harness;
  harness.config.limits.frame_bytes = 10;
  harness.start();
  harness.publish("small");
  harness.publish("larger than ten");
  harness.publish("fits");
  EXPECT_THAT(texts_of(harness.results.wait_for(2)), ElementsAre("small", "fits"));
  const auto letters = harness.dead_letters.wait_for(1);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0]->frame->number, 1U);
  EXPECT_TRUE(harness.drain());
}

TEST(LineFraming, SpansMessagesAndKeepsEmptyLines) {
  Harness harness;
  harness.config.framing.type = FramingType::lines;
  harness.start();
  harness.publish("one\r");
  harness.publish("\n\ntw");
  harness.publish("o\n");
  EXPECT_THAT(texts_of(harness.results.wait_for(3)), ElementsAre("one", "", "two"));
  EXPECT_TRUE(harness.drain());
}

TEST_F(PacketFraming, LetsAFrameThatIsTheResultHaveItsHeaderBesideTheLimitOfResults) {
  harness.config.limits.result_bytes = 5;
  harness.work = [](const Frame& frame, const Attempt&) -> Verdict { return Result{frame.raw}; };
  harness.start();
  harness.publish(packet("fives") + packet("sixsix"));
  EXPECT_THAT(texts_of(harness.results.wait_for(1)), ElementsAre(packet("fives")));
  EXPECT_THAT(texts_of(harness.dead_letters.wait_for(1)),
              ElementsAre(HasSubstr("the result's 6 bytes are more than limits.result_bytes (5)")));
  EXPECT_TRUE(harness.drain());
}

}  // namespace
}  // namespace millrace::test
