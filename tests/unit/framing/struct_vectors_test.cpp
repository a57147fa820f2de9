// What Python's struct reads from the same bytes (tests/data/framing/make_struct_vectors.py).
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "framing/header_format.hpp"

namespace millrace {
namespace {

struct Vector {
  std::string format;
  std::size_t size = 0;
  std::string bytes;
  std::vector<std::string> values;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// Python wrote tabs and line ends as escapes.
std::string unescaped(std::string text) {
  for (const auto& [escape, byte] : {std::pair{"\\t", "\t"}, std::pair{"\\n", "\n"}}) {
    if (const auto at = text.find(escape); at != std::string::npos) text.replace(at, 2, byte);
  }
  return text;
}

std::vector<Vector> vectors() {
  std::vector<Vector> all;
  std::ifstream file(MILLRACE_TEST_DATA "/framing/struct_vectors.txt");
  for (std::string line; std::getline(file, line);) {
    const auto parts = split(line, '|');
    all.push_back({unescaped(parts.at(0)), std::stoul(parts.at(1)), from_hex(parts.at(2)),
                   split(parts.at(3), ',')});
  }
  return all;
}

bool is_bytes(const std::string& value) {
  return value.starts_with("s:");
}

// Names that make one field `length`, and one `digest` where `digest` is one of them.
std::vector<std::string> names(std::size_t count, std::size_t length, std::size_t digest) {
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < count; ++i) fields.push_back("field" + std::to_string(i));
  fields.at(length) = "length";
  if (digest < count) fields.at(digest) = "digest";
  return fields;
}

void check_integers(const Vector& vector) {
  const std::size_t count = vector.values.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (is_bytes(vector.values[i])) continue;
    const auto header = parse_header_format(vector.format, names(count, i, count));
    EXPECT_EQ(header.size, vector.size);
    const auto bytes = vector.bytes.substr(header.length.offset, header.length.size);
    EXPECT_EQ(to_string(decode(header.length, bytes)), vector.values[i]) << "field " << i;
  }
}

void check_bytes(const Vector& vector) {
  const std::size_t count = vector.values.size();
  std::size_t integer = 0;
  while (is_bytes(vector.values.at(integer))) ++integer;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_bytes(vector.values[i])) continue;
    const auto header = parse_header_format(vector.format, names(count, integer, i));
    EXPECT_EQ(vector.bytes.substr(header.digest.offset, header.digest.size),
              from_hex(vector.values[i].substr(2)))
        << "field " << i;
  }
}

TEST(StructVectors, AreReadAsPythonReadsThem) {
  const auto all = vectors();
  ASSERT_GT(all.size(), 200U);
  for (const auto& vector : all) {
    SCOPED_TRACE(vector.format);
    check_integers(vector);
    check_bytes(vector);
  }
}

}  // namespace
}  // namespace millrace
