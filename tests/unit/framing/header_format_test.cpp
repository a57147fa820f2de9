#include "framing/header_format.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace millrace {
namespace {

using namespace std::string_literals;
using Names = std::vector<std::string>;

std::string refusal(std::string_view format, const Names& fields) {
  try {
    (void)parse_header_format(format, fields);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(HeaderFormat, FindsLengthAndDigest) {
  const HeaderFormat header = parse_header_format(">I16s", {"length", "digest"});
  EXPECT_EQ(header.size, 20U);
  EXPECT_EQ(header.length.offset, 0U);
  EXPECT_EQ(header.length.size, 4U);
  EXPECT_FALSE(header.length.is_signed);
  EXPECT_TRUE(header.length.big_endian);
  EXPECT_EQ(header.digest.offset, 4U);
  EXPECT_EQ(header.digest.size, 16U);
}

TEST(HeaderFormat, HasNoDigestWhereNoneIsNamed) {
  EXPECT_EQ(parse_header_format("<q", {"length"}).digest.size, 0U);
}

TEST(HeaderFormat, CountsRepeatedCodesAsSoManyFields) {
  const HeaderFormat header = parse_header_format("<2x3Hb", {"a", "b", "length", "c"});
  EXPECT_EQ(header.size, 9U);
  EXPECT_EQ(header.length.offset, 6U);
  EXPECT_EQ(header.length.size, 2U);
  EXPECT_FALSE(header.length.big_endian);
}

TEST(HeaderFormat, TakesTheLargestHeaderAllowed) {
  EXPECT_EQ(parse_header_format(">4095xB", {"length"}).size, 4096U);
}

struct Mistake {
  std::string format;
  Names fields;
  std::string why;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.format;
}

const std::string kByteOrder = "must begin with '<' (little-endian), '>' or '!' (big-endian)";
const std::string kCodes = " is not a code; allowed are b B h H i I q Q x s";
const std::string kTooLong = "makes a header of more than 4096 bytes";

const std::vector<Mistake> kMistakes = {
    {"", {"length"}, kByteOrder},
    {"I", {"length"}, kByteOrder},
    {"=I", {"length"}, kByteOrder},
    {"@I", {"length"}, kByteOrder},
    {" >I", {"length"}, kByteOrder},
    {">Iz", {"length"}, "'z' at position 3" + kCodes},
    {">I>H", {"length"}, "'>' at position 3" + kCodes},
    {">-1I", {"length"}, "'-' at position 2" + kCodes},
    {">3 I", {"length"}, "' ' at position 3" + kCodes},
    {">l", {"length"}, "'l' at position 2" + kCodes},
    {">I3", {"length"}, "ends in a count without a code"},
    {">4096xB", {"length"}, kTooLong},
    {">99999999999999999999Q", {"length"}, kTooLong},
    {">I", {}, "has 1 fields, but 0 are named"},
    {">I16s", {"length"}, "has 2 fields, but 1 are named"},
    {">I4x", {"length", "digest"}, "has 1 fields, but 2 are named"},
    {">", {}, "no field is named \"length\""},
    {">I", {"size"}, "no field is named \"length\""},
    {">I", {""}, "a field's name is empty"},
    {">2I", {"length", "length"}, "two fields are named \"length\""},
    {">4s", {"length"}, "the field \"length\" has the code 's'; it must be one of b B h H i I q Q"},
    {">IQ",
     {"length", "digest"},
     "the field \"digest\" has the code 'Q'; it must be s, such as 16s"},
};

class HeaderFormatMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(HeaderFormatMistakes, AreRefusedWithWhatIsAllowed) {
  const Mistake& mistake = GetParam();
  EXPECT_EQ(refusal(mistake.format, mistake.fields),
            "header format \"" + mistake.format + "\": " + mistake.why);
}

INSTANTIATE_TEST_SUITE_P(Table, HeaderFormatMistakes, ::testing::ValuesIn(kMistakes));

TEST(HeaderFormat, RefusesBytesThatCannotBePrintedOnOneLine) {
  EXPECT_EQ(refusal(">\xff", {"length"}),
            R"(header format ">\xff": '\xff' at position 2)" + kCodes);
  EXPECT_EQ(refusal(">I\0"s, {"length"}),
            R"(header format ">I\x00": '\x00' at position 3)" + kCodes);
  EXPECT_EQ(refusal("\nI", {"length"}), R"(header format "\x0aI": )" + kByteOrder);
}

TEST(DecodedInteger, IsWrittenInDecimal) {
  EXPECT_EQ(to_string(Integer{false, 0}), "0");
  EXPECT_EQ(to_string(Integer{true, std::uint64_t{1} << 63}), "-9223372036854775808");
  EXPECT_EQ(to_string(Integer{false, ~std::uint64_t{0}}), "18446744073709551615");
}

}  // namespace
}  // namespace millrace
