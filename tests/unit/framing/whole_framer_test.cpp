#include <gmock/gmock.h>

#include "unit/framing/pieces.hpp"

namespace millrace::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(WholeFramer, MakesAFrameOfEveryMessage) {
  const auto framer = whole(10);
  EXPECT_THAT(
      feed(*framer, {"a", "b\nc", "0123456789"}),
      ElementsAre(frame("a", "a"), frame("b\nc", "b\nc"), frame("0123456789", "0123456789")));
}

TEST(WholeFramer, MakesAFrameOfAnEmptyMessage) {
  const auto framer = whole(10);
  EXPECT_THAT(feed(*framer, {"", "a", ""}),
              ElementsAre(frame("", ""), frame("a", "a"), frame("", "")));
}

TEST(WholeFramer, GivesUpAMessageOverTheLimitAndTakesTheNext) {
  const auto framer = whole(3);
  EXPECT_THAT(
      feed(*framer, {"abcd", "abc"}),
      ElementsAre(defect("abcd", "message of 4 bytes is longer than 3 (limits.frame_bytes)"),
                  frame("abc", "abc")));
}

TEST(WholeFramer, SharesTheMessagesBytes) {
  const auto framer = whole(10);
  const Payload message(std::string("abc"));
  framer->push(message);
  const auto piece = framer->pop();
  ASSERT_TRUE(piece);
  EXPECT_EQ(piece->raw.view().data(), message.view().data());
  EXPECT_EQ(piece->payload.view().data(), message.view().data());
}

TEST(WholeFramer, HasNothingLeftAtTheEnd) {
  const auto framer = whole(10);
  EXPECT_THAT(feed(*framer, {"abc"}, "closed"), ElementsAre(frame("abc", "abc")));
  EXPECT_THAT(feed(*framer, {}, "closed"), IsEmpty());
}

}  // namespace
}  // namespace millrace::test
