// Random bytes, divided at random, against an oracle that looks at one byte after another.
#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <random>

#include "unit/framing/pieces.hpp"

namespace millrace::test {
namespace {

using ::testing::ElementsAreArray;

constexpr ByteCount kLimit = 12;
constexpr unsigned kRounds = 3000;

// What becomes of the bytes gathered so far: nothing yet, a frame, or a defect.
using Rule = std::optional<Seen> (*)(const std::string& bytes);

std::optional<Seen> line_rule(const std::string& bytes) {
  const bool ended = bytes.back() == '\n';
  std::string line = bytes.substr(0, bytes.size() - (ended ? 1 : 0));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.size() > kLimit) {
    return defect(bytes, "line is longer than 12 bytes (limits.frame_bytes)");
  }
  if (!ended) return {};
  return frame(bytes, line);
}

// `<hs`: a signed length, and a digest of one byte.
std::optional<Seen> packet_rule(const std::string& bytes) {
  constexpr std::size_t kHeader = 3;
  if (bytes.size() < kHeader) return {};
  int length = static_cast<unsigned char>(bytes[0]) + 256 * static_cast<unsigned char>(bytes[1]);
  if (length >= 32768) length -= 65536;
  if (length < 0 || length > static_cast<int>(kLimit)) {
    return defect(
        bytes, "length " + std::to_string(length) + " is not within 0 to 12 (limits.frame_bytes)");
  }
  if (bytes.size() < kHeader + static_cast<std::size_t>(length)) return {};
  return Seen{bytes, bytes.substr(kHeader), bytes.substr(2, 1), {}, false};
}

std::vector<Seen> oracle(Rule rule, const Chunks& chunks, bool connection) {
  std::vector<Seen> pieces;
  std::string gathered;
  for (const auto& chunk : chunks) {
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      gathered += chunk[i];
      auto piece = rule(gathered);
      if (!piece) continue;
      gathered.clear();
      pieces.push_back(*piece);
      if (piece->defect.empty()) continue;
      pieces.back().raw += chunk.substr(i + 1);
      pieces.back().ends_stream = connection;
      if (connection) return pieces;
      break;
    }
  }
  if (!gathered.empty()) pieces.push_back(defect(gathered, "the end"));
  return pieces;
}

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
}

// Mostly good input; now and then something that cannot be a frame.
std::string random_lines(Random& random) {
  std::string bytes;
  for (std::size_t i = below(random, 60); i > 0; --i) bytes += "aab\r\r\n\n"[below(random, 7)];
  return bytes;
}

std::string random_packets(Random& random) {
  std::string bytes;
  for (std::size_t i = below(random, 8); i > 0; --i) {
    const std::size_t length = below(random, below(random, 10) == 0 ? 15 : 10);
    bytes += static_cast<char>(length);
    bytes += below(random, 20) == 0 ? '\xff' : '\0';
    bytes += static_cast<char>(below(random, 256));
    for (std::size_t k = 0; k < length; ++k) bytes += static_cast<char>(below(random, 256));
  }
  return bytes.substr(0, bytes.size() - below(random, 2) * std::min<std::size_t>(2, bytes.size()));
}

Chunks divide(const std::string& bytes, Random& random) {
  std::vector<std::size_t> places(below(random, bytes.size() + 2));
  for (auto& place : places) place = below(random, bytes.size() + 1);
  std::sort(places.begin(), places.end());
  return cut_at(bytes, places);
}

struct Kind {
  Rule rule;
  std::string (*make_bytes)(Random&);
  FramerPtr (*make_framer)(bool connection);
};

void compare(const Kind& kind, bool connection) {
  const unsigned first_seed = std::random_device{}();
  for (unsigned seed = first_seed; seed != first_seed + kRounds; ++seed) {
    Random random(seed);
    const Chunks chunks = divide(kind.make_bytes(random), random);
    const auto framer = kind.make_framer(connection);
    ASSERT_THAT(feed(*framer, chunks, "the end"),
                ElementsAreArray(oracle(kind.rule, chunks, connection)))
        << "seed " << seed << ", chunks " << ::testing::PrintToString(chunks);
    ASSERT_EQ(framer->buffered(), 0U) << "seed " << seed;
  }
}

const Kind kLines{line_rule, random_lines,
                  [](bool connection) { return lines(kLimit, connection); }};
const Kind kPackets{packet_rule, random_packets, [](bool connection) {
                      return length_prefixed("<hs", {"length", "digest"}, kLimit, connection);
                    }};

TEST(RandomSplits, OfLinesOnATopicGiveWhatAnOracleGives) {
  compare(kLines, false);
}
TEST(RandomSplits, OfLinesOnAConnectionGiveWhatAnOracleGives) {
  compare(kLines, true);
}
TEST(RandomSplits, OfPacketsOnATopicGiveWhatAnOracleGives) {
  compare(kPackets, false);
}
TEST(RandomSplits, OfPacketsOnAConnectionGiveWhatAnOracleGives) {
  compare(kPackets, true);
}

}  // namespace
}  // namespace millrace::test
