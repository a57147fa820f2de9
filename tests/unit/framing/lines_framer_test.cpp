#include <gmock/gmock.h>

#include "unit/framing/pieces.hpp"

namespace millrace::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kTooLong = "line is longer than 3 bytes (limits.frame_bytes)";

TEST(LinesFramer, EndsALineAtLfOrCrlf) {
  const auto framer = lines(10, true);
  EXPECT_THAT(feed(*framer, {"ab\ncd\r\n"}),
              ElementsAre(frame("ab\n", "ab"), frame("cd\r\n", "cd")));
}

TEST(LinesFramer, MakesFramesOfEmptyLines) {
  const auto framer = lines(10, true);
  EXPECT_THAT(feed(*framer, {"\n\r\n\n"}),
              ElementsAre(frame("\n", ""), frame("\r\n", ""), frame("\n", "")));
}

TEST(LinesFramer, JoinsALineSplitBetweenCrAndLf) {
  const auto framer = lines(10, true);
  EXPECT_THAT(feed(*framer, {"ab\r", "\ncd\n"}),
              ElementsAre(frame("ab\r\n", "ab"), frame("cd\n", "cd")));
}

TEST(LinesFramer, KeepsACrThatNoLfFollows) {
  const auto framer = lines(10, true);
  EXPECT_THAT(feed(*framer, {"a\rb\r\r\n"}), ElementsAre(frame("a\rb\r\r\n", "a\rb\r")));
}

TEST(LinesFramer, IgnoresEmptyChunks) {
  const auto framer = lines(10, false);
  EXPECT_THAT(feed(*framer, {"", "a", "", "b\n", ""}), ElementsAre(frame("ab\n", "ab")));
}

TEST(LinesFramer, JoinsMessagesOfATopic) {
  const auto framer = lines(10, false);
  EXPECT_THAT(feed(*framer, {"a", "b", "c\nd", "\n"}),
              ElementsAre(frame("abc\n", "abc"), frame("d\n", "d")));
}

TEST(LinesFramer, CountsTheLimitWithoutTheLinesEnd) {
  const std::string input = "abc\nabc\r\n";
  const auto framer = lines(3, true);
  EXPECT_THAT(feed(*framer, {input}), ElementsAre(frame("abc\n", "abc"), frame("abc\r\n", "abc")));
  EXPECT_THAT(feed(*framer, bytewise(input)),
              ElementsAre(frame("abc\n", "abc"), frame("abc\r\n", "abc")));
}

TEST(LinesFramer, GivesUpALineOverTheLimitWithTheRestOfItsMessage) {
  const auto framer = lines(3, false);
  EXPECT_THAT(feed(*framer, {"a\nb", "cde\nf\n", "g\n"}),
              ElementsAre(frame("a\n", "a"), defect("bcde\nf\n", kTooLong), frame("g\n", "g")));
}

TEST(LinesFramer, JudgesALineBeforeItsEndHasCome) {
  const auto framer = lines(3, true);
  EXPECT_THAT(push(*framer, "abc"), IsEmpty());
  EXPECT_THAT(push(*framer, "d"), ElementsAre(defect("abcd", kTooLong, true)));
}

TEST(LinesFramer, TakesACrAtTheLimitForHalfOfALinesEnd) {
  const auto framer = lines(3, true);
  EXPECT_THAT(push(*framer, "abc\r"), IsEmpty());
  EXPECT_THAT(push(*framer, "d"), ElementsAre(defect("abc\rd", kTooLong, true)));
}

TEST(LinesFramer, ReadsNothingMoreOfAConnectionThatADefectEnded) {
  const auto framer = lines(3, true);
  EXPECT_THAT(feed(*framer, {"abcde\nf\n", "g\n", "h"}, "closed"),
              ElementsAre(defect("abcde\nf\n", kTooLong, true)));
  EXPECT_THAT(feed(*framer, {"i\n"}), ElementsAre(frame("i\n", "i")));
}

TEST(LinesFramer, GivesUpWhatTheEndLeavesInsideALine) {
  const auto framer = lines(10, true);
  EXPECT_THAT(feed(*framer, {"a\nb", "c"}, "the stream was closed"),
              ElementsAre(frame("a\n", "a"), defect("bc", "the stream was closed")));
  EXPECT_EQ(framer->buffered(), 0U);
}

TEST(LinesFramer, HoldsNoMoreThanTheLimitAndALinesEnd) {
  const auto framer = lines(3, true);
  for (const auto& chunk : bytewise("abc\r")) EXPECT_THAT(push(*framer, chunk), IsEmpty());
  EXPECT_EQ(framer->buffered(), 4U);
}

TEST(LinesFramer, TakesAnyByteForText) {
  std::string line;
  for (int byte = 0; byte < 256; ++byte) {
    if (byte != '\n') line += static_cast<char>(byte);
  }
  const auto framer = lines(300, true);
  EXPECT_THAT(feed(*framer, {line + "\n"}), ElementsAre(frame(line + "\n", line)));
}

}  // namespace
}  // namespace millrace::test
