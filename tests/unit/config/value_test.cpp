#include "config/value.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(DurationText, HasOneUnit) {
  EXPECT_EQ(parse_duration("0s"), Duration(0));
  EXPECT_EQ(parse_duration("1500ms"), Duration(1500));
  EXPECT_EQ(parse_duration("2s"), Duration(2'000));
  EXPECT_EQ(parse_duration("3m"), Duration(180'000));
  EXPECT_EQ(parse_duration("24h"), Duration(86'400'000));
}

TEST(DurationText, IsRefusedWhereItIsNotExactlyThat) {
  for (const char* text : {"", "s", "1", "1 s", " 1s", "1s ", "-1s", "+1s", "1.5s", "1S", "1sec",
                           "1us", "1h30m", "0x1s", "1d", "ms"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(DurationText, EndsWhereAClockWould) {
  EXPECT_EQ(parse_duration("9223372036854ms"), Duration(9'223'372'036'854));
  EXPECT_EQ(parse_duration("9223372036855ms"), std::nullopt);
  EXPECT_EQ(parse_duration("2562048h"), std::nullopt);
  EXPECT_EQ(parse_duration("18446744073709551615h"), std::nullopt);
  EXPECT_EQ(parse_duration("18446744073709551616ms"), std::nullopt);
}

TEST(SizeText, HasABinaryUnitOrIsInBytes) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("17"), 17U);
  EXPECT_EQ(parse_size("17B"), 17U);
  EXPECT_EQ(parse_size("2KiB"), 2048U);
  EXPECT_EQ(parse_size("3MiB"), 3U << 20);
  EXPECT_EQ(parse_size("4GiB"), ByteCount{4} << 30);
}

TEST(SizeText, IsRefusedWhereItIsNotExactlyThat) {
  for (const char* text : {"", "KiB", "1KB", "1k", "1K", "1kib", "1 MiB", "1.5MiB", "-1", "1TiB",
                           "17179869184GiB", "18446744073709551616"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_size("17179869183GiB"), ByteCount{17'179'869'183} << 30);
}

TEST(Values, AreWrittenInTheLargestUnitThatFits) {
  EXPECT_EQ(format_duration(Duration(0)), "0s");
  EXPECT_EQ(format_duration(Duration(1500)), "1500ms");
  EXPECT_EQ(format_duration(Duration(90'000)), "90s");
  EXPECT_EQ(format_duration(Duration(7'200'000)), "2h");
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(format_size(1025), "1025B");
  EXPECT_EQ(format_size(1536), "1536B");
  EXPECT_EQ(format_size(ByteCount{3} << 20), "3MiB");
}

TEST(Values, ReadBackAsTheyWereWritten) {
  for (Duration::rep n = 1; n < 1'000'000'000; n = n * 3 + 7) {
    EXPECT_EQ(parse_duration(format_duration(Duration(n))), Duration(n));
    const auto bytes = static_cast<ByteCount>(n);
    EXPECT_EQ(parse_size(format_size(bytes)), bytes);
    EXPECT_EQ(parse_size(format_size(bytes * 1024)), bytes * 1024);
  }
}

}  // namespace
}  // namespace millrace
