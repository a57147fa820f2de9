#include "journal/format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "journal/checksum.hpp"

namespace millrace {
namespace {

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
  }
  return bytes;
}

std::string hex_of(const std::string& bytes) {
  constexpr auto kDigits = "0123456789abcdef";
  std::string hex;
  for (const char byte : bytes) {
    hex += kDigits[static_cast<unsigned char>(byte) >> 4U];
    hex += kDigits[static_cast<unsigned char>(byte) & 15U];
  }
  return hex;
}

// RFC 3720, B.4, and the check value of the CRC catalogue.
TEST(Checksum, IsCrc32c) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Checksum, GoesOnWhereItLeftOff) {
  EXPECT_EQ(crc32c("6789", crc32c("12345")), crc32c("123456789"));
  EXPECT_EQ(crc32c("", crc32c("123456789")), crc32c("123456789"));
}

// Whoever changes these bytes changes the format: its version too, then, and FORMAT.md.
TEST(Format, WritesTheseBytes) {
  std::string meta;
  Chunk chunk;
  chunk.stream = "ab";
  chunk.received = std::chrono::system_clock::time_point(std::chrono::nanoseconds(258));
  chunk.properties = std::make_shared<const Properties>(Properties{.content_type = "c",
                                                                   .correlation_data = "d",
                                                                   .response_topic = "r",
                                                                   .message_expiry = 7,
                                                                   .utf8_payload = true,
                                                                   .user = {{"k", "v"}}});
  encode(chunk, meta);
  EXPECT_EQ(hex_of(meta),
            "0201000000000000"
            "020000006162"
            "0100000063"
            "0100000064"
            "0100000072"
            "03"
            "07000000"
            "01000000"
            "010000006b"
            "0100000076");
  meta.clear();
  encode(Cut{.stream = "ab", .cause = CutCause::timed_out, .last_read = 5}, meta);
  EXPECT_EQ(hex_of(meta),
            "01"
            "0500000000000000"
            "020000006162");
  meta.clear();
  encode(Commit{.watermark = {1, 2, 3}, .open = {{"ab", {4, 5, 6}}}, .done = {{7, 8}}}, meta);
  EXPECT_EQ(hex_of(meta),
            "0100000000000000"
            "0200000000000000"
            "03000000"
            "01000000"
            "01000000"
            "0400000000000000"
            "0500000000000000"
            "06000000"
            "020000006162"
            "0700000000000000"
            "08000000");

  std::string record(kRecordHeaderSize, '\0');
  seal({.kind = RecordKind::cut,
        .flags = 0,
        .offset = 9,
        .meta_size = 15,
        .payload_size = 0,
        .body_check = 0x01020304,
        .settled = 256},
       {.epoch = 1, .segment = 2, .position = 256}, record);
  EXPECT_EQ(hex_of(record.substr(4)),
            "04030201"
            "0900000000000000"
            "0f000000"
            "00000000"
            "02"
            "00"
            "0000"
            "00010000");
  const auto salted = bytes_of(
                          "01000000"
                          "0200000000000000"
                          "0001000000000000") +
                      record.substr(4);
  EXPECT_EQ(hex_of(record.substr(0, 4)), [&] {
    const auto check = crc32c(salted);
    std::string bytes;
    for (unsigned byte = 0; byte < 4; ++byte) bytes += static_cast<char>(check >> (8 * byte));
    return hex_of(bytes);
  }());

  std::string header;
  encode({.epoch = 1, .number = 2, .first_offset = 3, .previous_end = 4, .fingerprint = "f"},
         header);
  ASSERT_EQ(header.size(), kSegmentHeaderSize);
  EXPECT_EQ(hex_of(header.substr(16, 37)),
            "01000000"
            "01000000"
            "0200000000000000"
            "0300000000000000"
            "0400000000000000"
            "0100000066");
}

TEST(Format, ReadsBackWhatItWrote) {
  std::string meta;
  Commit commit{.watermark = {1, 2, 3}, .open = {{"ab", {4, 5, 6}}}, .done = {{7, 8}, {9, 10}}};
  encode(commit, meta);
  const auto read = decode_commit(meta);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->watermark, commit.watermark);
  EXPECT_EQ(read->open[0].stream, "ab");
  EXPECT_EQ(read->open[0].start, commit.open[0].start);
  EXPECT_EQ(read->done[1].index, 10U);
}

TEST(Format, TakesNoMetaThatIsTooShortOrTooLong) {
  std::string meta;
  encode(Commit{.watermark = {1, 2, 3}, .open = {{"ab", {4, 5, 6}}}, .done = {{7, 8}}}, meta);
  for (std::size_t size = 0; size < meta.size(); ++size) {
    EXPECT_FALSE(decode_commit(std::string_view(meta).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_commit(meta + '\0'));
}

TEST(Format, KnowsARecordAtItsOwnPlaceOnly) {
  std::string record(kRecordHeaderSize, '\0');
  const RecordPlace place{.epoch = 1, .segment = 2, .position = 256};
  seal({.kind = RecordKind::commit}, place, record);
  EXPECT_TRUE(decode_record_header(record, place));
  EXPECT_FALSE(decode_record_header(record, {.epoch = 2, .segment = 2, .position = 256}));
  EXPECT_FALSE(decode_record_header(record, {.epoch = 1, .segment = 3, .position = 256}));
  EXPECT_FALSE(decode_record_header(record, {.epoch = 1, .segment = 2, .position = 264}));
}

}  // namespace
}  // namespace millrace
