#include <gmock/gmock.h>

#include <stdexcept>

#include "unit/framing/pieces.hpp"

namespace millrace::test {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kDigest = "0123456789abcdef";

// A packet as the packet server gets it: `>I16s`, and the payload.
std::string packet(const std::string& payload) {
  return std::string({0, 0, static_cast<char>(payload.size() >> 8),
                      static_cast<char>(payload.size() & 255)}) +
         kDigest + payload;
}

Seen packet_frame(const std::string& payload) {
  return {packet(payload), payload, kDigest, {}, false};
}

FramerPtr packets(bool connection, ByteCount limit = 1000) {
  return length_prefixed(">I16s", {"length", "digest"}, limit, connection);
}

FramerPtr with_length(const std::string& format, ByteCount limit) {
  return length_prefixed(format, {"length"}, limit, false);
}

TEST(LengthPrefixedFramer, CutsHeaderAndPayload) {
  const auto framer = packets(true);
  EXPECT_THAT(feed(*framer, {packet("abc")}), ElementsAre(packet_frame("abc")));
}

TEST(LengthPrefixedFramer, JoinsAFrameSplitAtEveryByte) {
  const std::string bytes = packet("abc") + packet("") + packet("defg");
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    const auto framer = packets(false);
    EXPECT_THAT(feed(*framer, cut_at(bytes, {at})),
                ElementsAre(packet_frame("abc"), packet_frame(""), packet_frame("defg")))
        << "split at " << at;
  }
}

TEST(LengthPrefixedFramer, JoinsFramesSplitAtEveryPairOfBytes) {
  const std::string bytes = packet("ab") + packet("c");
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      const auto framer = packets(false);
      ASSERT_THAT(feed(*framer, cut_at(bytes, {first, second})),
                  ElementsAre(packet_frame("ab"), packet_frame("c")))
          << "split at " << first << " and " << second;
    }
  }
}

TEST(LengthPrefixedFramer, JoinsOneByteAMessage) {
  const auto framer = packets(false);
  EXPECT_THAT(feed(*framer, bytewise(packet("abc") + packet("d"))),
              ElementsAre(packet_frame("abc"), packet_frame("d")));
}

TEST(LengthPrefixedFramer, DividesAMessageThatHoldsTheEndOfOneAndTheStartOfAnother) {
  const std::string first = packet("abc");
  const std::string second = packet("defg");
  const auto framer = packets(false);
  EXPECT_THAT(push(*framer, first.substr(0, 21)), IsEmpty());
  EXPECT_THAT(push(*framer, first.substr(21) + packet("x") + second.substr(0, 3)),
              ElementsAre(packet_frame("abc"), packet_frame("x")));
  EXPECT_THAT(push(*framer, second.substr(3)), ElementsAre(packet_frame("defg")));
}

TEST(LengthPrefixedFramer, TakesAZeroLengthForAnEmptyPayload) {
  const auto framer = packets(true);
  EXPECT_THAT(feed(*framer, {packet(""), packet("")}),
              ElementsAre(packet_frame(""), packet_frame("")));
}

TEST(LengthPrefixedFramer, TakesALengthAtTheLimit) {
  const auto framer = with_length(">H", 3);
  EXPECT_THAT(feed(*framer, {"\0\3abc"s}), ElementsAre(frame("\0\3abc"s, "abc")));
}

TEST(LengthPrefixedFramer, GivesUpALengthOverTheLimitWithTheRestOfItsMessage) {
  const auto framer = with_length(">H", 3);
  EXPECT_THAT(feed(*framer, {"\0\1a\0"s, "\4abc"s, "\0\1b"s}),
              ElementsAre(frame("\0\1a"s, "a"),
                          defect("\0\4abc"s, "length 4 is not within 0 to 3 (limits.frame_bytes)"),
                          frame("\0\1b"s, "b")));
}

TEST(LengthPrefixedFramer, JudgesALengthAsSoonAsTheHeaderIsThere) {
  const auto framer = packets(true, 3);
  EXPECT_THAT(push(*framer, "\0\0\0\4"s + kDigest.substr(0, 15)), IsEmpty());
  EXPECT_THAT(push(*framer, kDigest.substr(15)),
              ElementsAre(defect("\0\0\0\4"s + kDigest,
                                 "length 4 is not within 0 to 3 (limits.frame_bytes)", true)));
}

TEST(LengthPrefixedFramer, RefusesNegativeLengths) {
  const std::string why = " is not within 0 to 3 (limits.frame_bytes)";
  EXPECT_THAT(feed(*with_length(">b", 3), {"\xff"}),
              ElementsAre(defect("\xff", "length -1" + why)));
  EXPECT_THAT(feed(*with_length("<h", 3), {"\xfe\xff"}),
              ElementsAre(defect("\xfe\xff", "length -2" + why)));
  EXPECT_THAT(feed(*with_length(">i", 3), {"\x80\0\0\0"s}),
              ElementsAre(defect("\x80\0\0\0"s, "length -2147483648" + why)));
  EXPECT_THAT(feed(*with_length(">q", 3), {"\x80\0\0\0\0\0\0\0"s}),
              ElementsAre(defect("\x80\0\0\0\0\0\0\0"s, "length -9223372036854775808" + why)));
}

TEST(LengthPrefixedFramer, RefusesFourGibibytesAndMore) {
  const std::string why = " is not within 0 to 1000 (limits.frame_bytes)";
  EXPECT_THAT(feed(*with_length(">I", 1000), {"\xff\xff\xff\xff"}),
              ElementsAre(defect("\xff\xff\xff\xff", "length 4294967295" + why)));
  const std::string four_gib = "\0\0\0\1\0\0\0\0"s;
  EXPECT_THAT(feed(*with_length(">Q", 1000), {four_gib}),
              ElementsAre(defect(four_gib, "length 4294967296" + why)));
  const std::string largest(8, '\xff');
  EXPECT_THAT(feed(*with_length("<Q", 1000), {largest}),
              ElementsAre(defect(largest, "length 18446744073709551615" + why)));
}

TEST(LengthPrefixedFramer, WaitsForAPayloadThatIsLongerThanAnySize) {
  const auto framer = with_length(">Q", ~ByteCount{0});
  EXPECT_THAT(push(*framer, std::string(8, '\xff') + "abc"), IsEmpty());
  EXPECT_EQ(framer->buffered(), 11U);
}

TEST(LengthPrefixedFramer, ReadsNothingMoreOfAConnectionThatADefectEnded) {
  const auto framer = packets(true, 3);
  EXPECT_THAT(feed(*framer, {packet("ab"), packet("abcd") + packet("c"), packet("d")}, "closed"),
              ElementsAre(packet_frame("ab"),
                          defect(packet("abcd") + packet("c"),
                                 "length 4 is not within 0 to 3 (limits.frame_bytes)", true)));
  EXPECT_EQ(framer->buffered(), 0U);
  EXPECT_THAT(feed(*framer, {packet("e")}), ElementsAre(packet_frame("e")));
}

TEST(LengthPrefixedFramer, GivesUpWhatTheEndLeavesInsideAFrame) {
  const auto framer = packets(true);
  EXPECT_THAT(feed(*framer, {packet("a") + "\0\0"s, "\0"s}, "closed"),
              ElementsAre(packet_frame("a"), defect("\0\0\0"s, "closed")));
  EXPECT_THAT(feed(*framer, {packet("b")}, "closed"), ElementsAre(packet_frame("b")));
}

TEST(LengthPrefixedFramer, FindsItsFieldsAnywhereInTheHeader) {
  const auto framer =
      length_prefixed("<2x 3s H 2s b", {"digest", "version", "tag", "length"}, 10, true);
  const std::string bytes = "..dig\1\0tg\2ab"s;
  EXPECT_THAT(feed(*framer, {bytes}), ElementsAre(Seen{bytes, "ab", "dig", {}, false}));
  EXPECT_THAT(feed(*framer, bytewise(bytes)), ElementsAre(Seen{bytes, "ab", "dig", {}, false}));
}

TEST(LengthPrefixedFramer, MakesADefectOfGarbageAndGoesOnWithTheNextMessage) {
  const auto framer = packets(false);
  const std::string garbage = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_THAT(feed(*framer, {garbage, packet("a")}),
              ElementsAre(defect(garbage,
                                 "length 1195725856 is not within 0 to 1000 "
                                 "(limits.frame_bytes)"),
                          packet_frame("a")));
}

TEST(LengthPrefixedFramer, RefusesAHeaderThatCannotWork) {
  EXPECT_THROW((void)length_prefixed(">I", {"size"}, 10, true), std::invalid_argument);
}

}  // namespace
}  // namespace millrace::test
