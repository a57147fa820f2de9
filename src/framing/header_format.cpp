#include "framing/header_format.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <optional>
#include <stdexcept>

namespace millrace {
namespace {

// One field of the header, before it has a name.
struct Slot {
  char code = 0;
  std::size_t offset = 0;
  std::size_t size = 0;
};

// As it stands, but for bytes that would break or cut the line: `\x00`.
std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7f) return {c};
  std::array<char, 5> text{};
  std::snprintf(text.data(), text.size(), "\\x%02x", byte);
  return text.data();
}

std::string quoted(char c) {
  return "'" + shown(c) + "'";
}

[[noreturn]] void refuse(std::string_view format, const std::string& why) {
  std::string text;
  for (const char c : format) text += shown(c);
  throw std::invalid_argument("header format \"" + text + "\": " + why);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

// Bytes that one of this code takes, in struct's standard sizes.
std::optional<std::size_t> size_of(char code) {
  switch (code) {
    case 'x':
    case 's':
    case 'b':
    case 'B':
      return 1;
    case 'h':
    case 'H':
      return 2;
    case 'i':
    case 'I':
      return 4;
    case 'q':
    case 'Q':
      return 8;
    default:
      return {};
  }
}

bool is_integer(char code) {
  return code != 's' && code != 'x';
}

class Parser {
 public:
  explicit Parser(std::string_view format) : format_(format) {}

  void parse() {
    check_byte_order();
    while (at_ < format_.size()) {
      if (is_space(format_[at_])) {
        ++at_;
      } else {
        add_code();
      }
    }
  }

  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool big_endian() const { return format_.front() != '<'; }

 private:
  void check_byte_order() {
    const char first = format_.empty() ? '\0' : format_.front();
    if (first != '<' && first != '>' && first != '!') {
      refuse(format_, "must begin with '<' (little-endian), '>' or '!' (big-endian)");
    }
    at_ = 1;
  }

  void add_code() {
    const std::size_t count = is_digit(format_[at_]) ? parse_count() : 1;
    if (at_ == format_.size()) refuse(format_, "ends in a count without a code");
    const char code = format_[at_++];
    const auto unit = size_of(code);
    if (!unit) {
      refuse(format_, quoted(code) + " at position " + std::to_string(at_) +
                          " is not a code; allowed are b B h H i I q Q x s");
    }
    grow(count, *unit);
    add_slots(code, count, *unit);
  }

  // Stops counting where the header is too long in any case, so that it cannot overflow.
  std::size_t parse_count() {
    std::size_t count = 0;
    for (; at_ < format_.size() && is_digit(format_[at_]); ++at_) {
      count =
          std::min(count * 10 + static_cast<std::size_t>(format_[at_] - '0'), kMaxHeaderSize + 1);
    }
    return count;
  }

  void grow(std::size_t count, std::size_t unit) {
    size_ += count * unit;
    if (size_ > kMaxHeaderSize) {
      refuse(format_, "makes a header of more than " + std::to_string(kMaxHeaderSize) + " bytes");
    }
  }

  void add_slots(char code, std::size_t count, std::size_t unit) {
    std::size_t offset = size_ - count * unit;
    if (code == 's') slots_.push_back({code, offset, count});
    if (!is_integer(code)) return;
    for (std::size_t i = 0; i < count; ++i, offset += unit) slots_.push_back({code, offset, unit});
  }

  std::string_view format_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;
  std::vector<Slot> slots_;
};

void check_names(std::string_view format, const std::vector<Slot>& slots,
                 const std::vector<std::string>& fields) {
  if (slots.size() != fields.size()) {
    refuse(format, "has " + std::to_string(slots.size()) + " fields, but " +
                       std::to_string(fields.size()) + " are named");
  }
  for (auto name = fields.begin(); name != fields.end(); ++name) {
    if (name->empty()) refuse(format, "a field's name is empty");
    if (std::find(fields.begin(), name, *name) != name) {
      refuse(format, "two fields are named \"" + *name + "\"");
    }
  }
}

std::optional<Slot> find_slot(std::string_view name, const std::vector<Slot>& slots,
                              const std::vector<std::string>& fields) {
  const auto found = std::find(fields.begin(), fields.end(), name);
  if (found == fields.end()) return {};
  return slots[static_cast<std::size_t>(found - fields.begin())];
}

IntegerField length_field(std::string_view format, const std::optional<Slot>& slot,
                          bool big_endian) {
  if (!slot) refuse(format, "no field is named \"length\"");
  if (!is_integer(slot->code)) {
    refuse(format, "the field \"length\" has the code " + quoted(slot->code) +
                       "; it must be one of b B h H i I q Q");
  }
  const bool is_signed = std::islower(static_cast<unsigned char>(slot->code)) != 0;
  return {slot->offset, slot->size, is_signed, big_endian};
}

BytesField digest_field(std::string_view format, const std::optional<Slot>& slot) {
  if (!slot) return {};
  if (slot->code != 's') {
    refuse(format, "the field \"digest\" has the code " + quoted(slot->code) +
                       "; it must be s, such as 16s");
  }
  return {slot->offset, slot->size};
}

}  // namespace

HeaderFormat parse_header_format(std::string_view format, const std::vector<std::string>& fields) {
  Parser parser(format);
  parser.parse();
  check_names(format, parser.slots(), fields);
  HeaderFormat header;
  header.size = parser.size();
  header.length =
      length_field(format, find_slot("length", parser.slots(), fields), parser.big_endian());
  header.digest = digest_field(format, find_slot("digest", parser.slots(), fields));
  return header;
}

Integer decode(const IntegerField& field, std::string_view bytes) noexcept {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < field.size; ++i) {
    const char byte = bytes[field.big_endian ? i : field.size - 1 - i];
    bits = bits << 8 | static_cast<unsigned char>(byte);
  }
  const std::uint64_t sign = std::uint64_t{1} << (field.size * 8 - 1);
  if (!field.is_signed || (bits & sign) == 0) return {false, bits};
  // Two's complement within the field's own width.
  return {true, sign - (bits & (sign - 1))};
}

std::string to_string(const Integer& integer) {
  return (integer.negative ? "-" : "") + std::to_string(integer.magnitude);
}

}  // namespace millrace
