#include <gtest/gtest.h>

#include "dedupe/format.hpp"

namespace millrace {
namespace {

KeyRecord some_record() {
  KeyRecord record;
  for (std::size_t at = 0; at < record.key.digest.size(); ++at) {
    record.key.digest.at(at) = static_cast<char>(0xa0 + at);
  }
  record.key.offset = 0x1122334455667788;
  record.key.index = 0x99aabbcc;
  record.settled = 7;
  return record;
}

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(c) >> 4U];
    text += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

// What is on disk must never change without another version number.
TEST(DedupeFormat, WritesTheseBytes) {
  std::string header;
  encode({.epoch = 0x5f3a9c01, .number = 3, .previous = 100064}, header);
  EXPECT_EQ(header.size(), kGenerationHeaderSize);
  EXPECT_EQ(header.substr(0, 16), "millrace dedupe ");
  EXPECT_EQ(hex(header.substr(16)),
            "01000000"
            "019c3a5f"
            "0300000000000000"
            "e086010000000000"
            "0000000000000000000000000000000000000000" +
                hex(header.substr(60)));
  std::string record;
  encode(some_record(), {0x5f3a9c01, 3, 5}, record);
  EXPECT_EQ(record.size(), kKeyRecordSize);
  EXPECT_EQ(hex(record.substr(4)),
            "ccbbaa99"
            "8877665544332211"
            "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
            "07000000"
            "00000000");
}

TEST(DedupeFormat, ReadsBackWhatItWrote) {
  std::string header;
  encode({.epoch = 9, .number = 3, .previous = 4}, header);
  const auto read = decode_generation_header(header);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->epoch, 9U);
  EXPECT_EQ(read->number, 3U);
  EXPECT_EQ(read->previous, 4U);
  std::string record;
  encode(some_record(), {9, 3, 5}, record);
  const auto again = decode_key_record(record, {9, 3, 5});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->key, some_record().key);
  EXPECT_EQ(again->settled, 7U);
}

TEST(DedupeFormat, KnowsARecordAtItsOwnPlaceOnly) {
  std::string record;
  encode(some_record(), {9, 3, 5}, record);
  EXPECT_FALSE(decode_key_record(record, {8, 3, 5}));
  EXPECT_FALSE(decode_key_record(record, {9, 4, 5}));
  EXPECT_FALSE(decode_key_record(record, {9, 3, 6}));
  EXPECT_FALSE(decode_key_record(std::string(kKeyRecordSize, '\0'), {9, 3, 5}));
}

TEST(DedupeFormat, NoticesEveryFlippedBit) {
  std::string header;
  encode({.epoch = 9, .number = 3, .previous = 4}, header);
  std::string record;
  encode(some_record(), {9, 3, 5}, record);
  const auto flipped = [](std::string bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1U << bit % 8));
    return bytes;
  };
  for (std::size_t bit = 0; bit < 8 * header.size(); ++bit) {
    const auto read = decode_generation_header(flipped(header, bit));
    EXPECT_TRUE(!read || read->version != kDedupeVersion) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * record.size(); ++bit) {
    EXPECT_FALSE(decode_key_record(flipped(record, bit), {9, 3, 5})) << bit;
  }
}

TEST(DedupeFormat, NamesGenerationsSoThatTheySortAsTheyCome) {
  EXPECT_EQ(generation_name(7), "dedupe-00000000000000000007");
  EXPECT_EQ(generation_number(generation_name(12345678901)), 12345678901U);
  EXPECT_EQ(generation_number("dedupe-new"), std::nullopt);
  EXPECT_EQ(generation_number("dedupe-0000000000000000000x"), std::nullopt);
}

}  // namespace
}  // namespace millrace
