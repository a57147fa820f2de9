// What every framer promises (include/millrace/framer.hpp), run on each of them.
#include <gmock/gmock.h>

#include "unit/framing/pieces.hpp"

namespace millrace::test {
namespace {

using namespace std::string_literals;
using ::testing::IsEmpty;

struct Kind {
  std::string name;
  FramerPtr (*make)();
  bool joins_chunks;            // frames may begin and end anywhere in a chunk
  std::string frames;           // bytes of three frames
  std::string part;             // of one more frame
  std::string impossible = {};  // bytes that are no frame, and one after them
};

void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.name;
}

const std::string kLines = "a\n\nbcd\r\n";
const std::string kPackets = "\0\1da\0\0e\0\3fbcd"s;

FramerPtr packets(bool connection) {
  return length_prefixed(">Hs", {"length", "digest"}, 5, connection);
}

const std::vector<Kind> kKinds = {
    {"whole", [] { return whole(20); }, false, "abc", "", std::string(21, 'x')},
    {"lines_of_a_connection", [] { return lines(5, true); }, true, kLines, "ab", "abcdef\na\n"},
    {"lines_of_a_topic", [] { return lines(5, false); }, true, kLines, "ab\r", "abcdef\na\n"},
    {"packets_of_a_connection", [] { return packets(true); }, true, kPackets, "\0"s, "\0\6d\0\0d"s},
    {"packets_of_a_topic", [] { return packets(false); }, true, kPackets, "\0\2da"s, "\0\6d\0\0d"s},
};

class FramerContract : public ::testing::TestWithParam<Kind> {
 protected:
  const Kind& kind() const { return GetParam(); }

  FramerPtr framer_ = GetParam().make();
};

class StreamFramerContract : public FramerContract {};

std::string name_of(const ::testing::TestParamInfo<Kind>& info) {
  return info.param.name;
}

std::vector<Kind> stream_kinds() {
  std::vector<Kind> kinds;
  for (const auto& kind : kKinds) {
    if (kind.joins_chunks) kinds.push_back(kind);
  }
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(All, FramerContract, ::testing::ValuesIn(kKinds), name_of);
INSTANTIATE_TEST_SUITE_P(All, StreamFramerContract, ::testing::ValuesIn(stream_kinds()), name_of);

TEST_P(FramerContract, HasNothingBeforeTheFirstPush) {
  EXPECT_FALSE(framer_->pop());
  EXPECT_FALSE(framer_->end("closed"));
  EXPECT_EQ(framer_->buffered(), 0U);
}

TEST_P(FramerContract, HasNothingMoreOnceItHasAnsweredNothing) {
  EXPECT_FALSE(feed(*framer_, {kind().frames}).empty());
  EXPECT_FALSE(framer_->pop());
  EXPECT_FALSE(framer_->pop());
}

TEST_P(FramerContract, GivesEveryByteBackInOrder) {
  const Chunks chunks{kind().frames, kind().frames + kind().part};
  EXPECT_EQ(raw_of(feed(*framer_, chunks, "closed")), kind().frames + kind().frames + kind().part);
}

TEST_P(FramerContract, MarksNoFrameAsADefect) {
  for (const auto& piece : feed(*framer_, {kind().frames})) {
    EXPECT_EQ(piece.defect, "");
    EXPECT_FALSE(piece.ends_stream);
  }
}

TEST_P(FramerContract, SaysWhyBytesAreNoFrameAndGivesThemBack) {
  const auto pieces = feed(*framer_, {kind().frames, kind().impossible});
  EXPECT_EQ(raw_of(pieces), kind().frames + kind().impossible);
  EXPECT_NE(pieces.back().defect, "");
  EXPECT_EQ(pieces.back().payload, "");
  EXPECT_EQ(pieces.back().digest, "");
}

TEST_P(FramerContract, IsAsNewAfterTheEnd) {
  const auto expected = feed(*kind().make(), {kind().frames, kind().part}, "closed");
  (void)feed(*framer_, {kind().impossible, kind().part}, "closed");
  EXPECT_EQ(framer_->buffered(), 0U);
  EXPECT_EQ(feed(*framer_, {kind().frames, kind().part}, "closed"), expected);
}

TEST_P(FramerContract, CopiesNoByteOfAFrameThatLiesWithinAChunk) {
  const Payload chunk(kind().frames);
  framer_->push(chunk);
  while (const auto piece = framer_->pop()) {
    const char* begin = piece->raw.view().data();
    EXPECT_TRUE(begin >= chunk.view().data() && begin < chunk.view().data() + chunk.size());
  }
}

TEST_P(FramerContract, GivesPiecesThatOutliveItAndTheChunk) {
  framer_->push(Payload(kind().frames));
  const auto piece = framer_->pop();
  framer_.reset();
  ASSERT_TRUE(piece);
  EXPECT_TRUE(kind().frames.starts_with(piece->raw.view()));
}

TEST_P(StreamFramerContract, GivesTheSameFramesHoweverTheyWereDivided) {
  const std::string bytes = kind().frames + kind().frames + kind().part;
  const auto expected = feed(*kind().make(), {bytes}, "closed");
  EXPECT_EQ(feed(*framer_, bytewise(bytes), "closed"), expected);
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      ASSERT_EQ(feed(*framer_, cut_at(bytes, {first, second}), "closed"), expected)
          << "split at " << first << " and " << second;
    }
  }
}

TEST_P(StreamFramerContract, FindsTheSameDefectHoweverItWasDivided) {
  const std::string bytes = kind().frames + kind().impossible;
  const auto expected = feed(*kind().make(), {bytes});
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    const auto framer = kind().make();
    const auto pieces = feed(*framer, cut_at(bytes, {at}));
    ASSERT_GE(pieces.size(), expected.size()) << "split at " << at;
    const Seen& found = pieces[expected.size() - 1];
    EXPECT_EQ(found.defect, expected.back().defect) << "split at " << at;
    EXPECT_EQ(found.ends_stream, expected.back().ends_stream) << "split at " << at;
  }
}

TEST_P(StreamFramerContract, CountsTheBytesOfTheFrameThatIsNotComplete) {
  EXPECT_THAT(feed(*framer_, {kind().frames}), ::testing::SizeIs(3));
  EXPECT_EQ(framer_->buffered(), 0U);
  std::size_t count = 0;
  for (const auto& chunk : bytewise(kind().part)) {
    EXPECT_THAT(push(*framer_, chunk), IsEmpty());
    EXPECT_EQ(framer_->buffered(), ++count);
  }
}

TEST_P(StreamFramerContract, GivesUpWhatTheEndLeavesForTheReasonGiven) {
  const auto pieces = feed(*framer_, {kind().frames + kind().part}, "it was pulled out");
  EXPECT_EQ(pieces.back(), defect(kind().part, "it was pulled out"));
}

TEST_P(StreamFramerContract, HasNothingLeftAtAnEndBetweenFrames) {
  (void)feed(*framer_, {kind().frames});
  EXPECT_FALSE(framer_->end("closed"));
}

TEST_P(StreamFramerContract, LetsGoOfAChunkOfWhichItHoldsAFewBytes) {
  const auto owner = std::make_shared<const std::string>(kind().frames + kind().part);
  framer_->push(Payload(owner));
  while (framer_->pop()) {
  }
  EXPECT_GT(framer_->buffered(), 0U);
  EXPECT_EQ(owner.use_count(), 1);
}

// Quadratic work would take minutes and run into the test's time limit.
TEST_P(StreamFramerContract, TakesTimeInProportionToTheBytes) {
  std::string bytes;
  while (bytes.size() < (2U << 20)) bytes += kind().frames;
  std::size_t count = 0;
  framer_->push(Payload(bytes));
  while (framer_->pop()) ++count;
  EXPECT_EQ(count, bytes.size() / kind().frames.size() * 3);
}

// So many bytes that complete no frame, one a chunk.
void push_bytes(Framer& framer, std::size_t count) {
  const Payload byte(std::string("a"));
  for (std::size_t i = 0; i < count; ++i) {
    framer.push(byte);
    ASSERT_FALSE(framer.pop());
  }
}

// One large frame, one byte a chunk.
TEST(LargeFrames, OfLinesTakeTimeInProportionToTheirBytes) {
  constexpr std::size_t kSize = 2U << 20;
  const auto framer = lines(kSize, true);
  push_bytes(*framer, kSize);
  EXPECT_EQ(push(*framer, "\n").at(0).payload.size(), kSize);
}

TEST(LargeFrames, OfPacketsTakeTimeInProportionToTheirBytes) {
  constexpr std::size_t kSize = 2U << 20;
  const auto framer = length_prefixed(">I", {"length"}, kSize, true);
  EXPECT_THAT(push(*framer, "\0\x20\0\0"s), IsEmpty());
  push_bytes(*framer, kSize - 1);
  EXPECT_EQ(push(*framer, "a").at(0).payload.size(), kSize);
}

}  // namespace
}  // namespace millrace::test
