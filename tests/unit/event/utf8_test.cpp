#include "event/utf8.hpp"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>

namespace millrace {
namespace {

// UTF-8 by its definition: a sequence is valid if it is what its code point is written as.
std::string encode(std::uint32_t point) {
  const auto tail = [point](unsigned shift) {
    return static_cast<char>(0x80 | (point >> shift & 0x3f));
  };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xc0 | point >> 6), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xe0 | point >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | point >> 18), tail(12), tail(6), tail(0)};
}

bool is_scalar(std::uint32_t point) {
  return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

// The code point that a lead byte and its tail stand for, whether allowed or not.
std::optional<std::uint32_t> read_point(const std::string& bytes) {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (bytes.size() != size || (lead >= 0x80 && lead < 0xc0) || lead >= 0xf8) return {};
  std::uint32_t point = size == 1 ? lead : lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte < 0x80 || byte > 0xbf) return {};
    point = point << 6 | (byte & 0x3fU);
  }
  return point;
}

bool is_one_character(const std::string& bytes) {
  const auto point = read_point(bytes);
  return point && is_scalar(*point) && encode(*point) == bytes;
}

TEST(Utf8, AcceptsEveryCharacter) {
  for (std::uint32_t point = 0; point < 0x110000; ++point) {
    ASSERT_EQ(is_utf8(encode(point)), is_scalar(point)) << std::hex << point;
  }
}

TEST(Utf8, JudgesEverySequenceOfOneAndTwoBytes) {
  for (unsigned first = 0; first < 256; ++first) {
    const std::string one(1, static_cast<char>(first));
    ASSERT_EQ(is_utf8(one), first < 0x80) << first;
    for (unsigned second = 0; second < 256; ++second) {
      const std::string two = one + static_cast<char>(second);
      const bool expected = is_one_character(two) || (first < 0x80 && second < 0x80);
      ASSERT_EQ(is_utf8(two), expected) << first << ' ' << second;
    }
  }
}

// The bytes at which a rule begins or ends.
constexpr std::array<unsigned char, 18> kEdges{0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                               0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
                                               0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xff};

TEST(Utf8, JudgesSequencesOfThreeAndFourBytesAtTheEdgesOfTheRules) {
  for (unsigned lead = 0xe0; lead < 256; ++lead) {
    for (const auto second : kEdges) {
      for (const auto third : kEdges) {
        const std::string three{static_cast<char>(lead), static_cast<char>(second),
                                static_cast<char>(third)};
        ASSERT_EQ(is_utf8(three), is_one_character(three))
            << lead << ' ' << +second << ' ' << +third;
        for (const auto fourth : kEdges) {
          const std::string four = three + static_cast<char>(fourth);
          const bool expected =
              is_one_character(four) || (is_one_character(three) && fourth < 0x80);
          ASSERT_EQ(is_utf8(four), expected)
              << lead << ' ' << +second << ' ' << +third << ' ' << +fourth;
        }
      }
    }
  }
}

// nlohmann's own check: it does not write a string that is not UTF-8.
bool json_writes(const std::string& bytes) {
  try {
    (void)nlohmann::json(bytes).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

// Of any length, and often short.
std::uint32_t random_point(std::mt19937& random) {
  constexpr std::array<std::uint32_t, 4> kEnds{0x80, 0x800, 0x10000, 0x110000};
  return static_cast<std::uint32_t>(random() % kEnds[random() % kEnds.size()]);
}

TEST(Utf8, AgreesWithAnotherImplementationOnRandomText) {
  const unsigned first_seed = std::random_device{}();
  for (unsigned seed = first_seed; seed != first_seed + 20000; ++seed) {
    std::mt19937 random(seed);
    std::string bytes;
    for (auto i = random() % 30; i > 0; --i) bytes += encode(random_point(random));
    if (!bytes.empty() && seed % 2 == 0) {
      bytes[random() % bytes.size()] = static_cast<char>(kEdges[random() % kEdges.size()]);
    }
    ASSERT_EQ(is_utf8(bytes), json_writes(bytes)) << "seed " << seed;
  }
}

TEST(Utf8, FindsOneBadByteAnywhereInALongText) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'a');
    text[at] = '\x80';
    EXPECT_FALSE(is_utf8(text)) << at;
  }
}

TEST(Utf8, RefusesACharacterCutShortAtTheEnd) {
  const std::string text = "1234567\xf0\x9f\x98\x80";
  EXPECT_TRUE(is_utf8(text));
  for (std::size_t size = 8; size < text.size(); ++size)
    EXPECT_FALSE(is_utf8(text.substr(0, size)));
}

TEST(Utf8, IsCutAtTheBeginningOfACharacter) {
  const std::string text = "ab\xf0\x9f\x98\x80yz";
  EXPECT_EQ(utf8_prefix(text, 8), text);
  EXPECT_EQ(utf8_prefix(text, 100), text);
  EXPECT_EQ(utf8_prefix(text, 7), text.substr(0, 7));
  EXPECT_EQ(utf8_prefix(text, 6), text.substr(0, 6));
  for (const std::size_t most : {2, 3, 4, 5}) EXPECT_EQ(utf8_prefix(text, most), "ab") << most;
  EXPECT_EQ(utf8_prefix(text, 0), "");
}

TEST(Utf8, IsCutAnywhereInWhatIsNoText) {
  const std::string bytes(20, '\x80');
  EXPECT_EQ(utf8_prefix(bytes, 10), bytes.substr(0, 10));
  EXPECT_EQ(utf8_prefix(bytes, 0), "");
}

TEST(MqttString, IsUtf8WithoutNulOfAtMost65535Bytes) {
  EXPECT_TRUE(is_mqtt_string(""));
  EXPECT_TRUE(is_mqtt_string("grün/1"));
  EXPECT_TRUE(is_mqtt_string(std::string(65535, 'a')));
  EXPECT_FALSE(is_mqtt_string(std::string(65536, 'a')));
  EXPECT_FALSE(is_mqtt_string(std::string("a\0b", 3)));
  EXPECT_FALSE(is_mqtt_string("\xff"));
}

}  // namespace
}  // namespace millrace
