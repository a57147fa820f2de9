// HeaderFormat: the layout of a packet's header, from Python's `struct` notation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

constexpr std::size_t kMaxIntegerSize = 8;    ///< bytes
constexpr std::size_t kMaxHeaderSize = 4096;  ///< bytes

/// Where an integer stands in a header, and how; offset and size in bytes.
struct IntegerField {
  std::size_t offset = 0;
  std::size_t size = 0;  ///< 1, 2, 4 or 8
  bool is_signed = false;
  bool big_endian = false;
};

/// Where bytes stand in a header.
struct BytesField {
  std::size_t offset = 0;
  std::size_t size = 0;
};

struct HeaderFormat {
  std::size_t size = 0;  ///< of the header, 1 … kMaxHeaderSize
  IntegerField length;   ///< the field `length`: how many bytes of payload follow
  BytesField digest;     ///< the field `digest`; of size 0 where there is none
};

/// Reads a format in the notation of https://docs.python.org/3/library/struct.html: first `<`, `>`
/// or `!` (in the others, size and alignment depend on the machine), then the codes
/// `b B h H i I q Q x` and `s`, with counts as there (`2H`: two fields, `16s`: one, `4x`: none).
/// `fields` names the fields in their order: one of them is `length`, an integer; `digest`, if
/// there is one, is of code `s`.
///
/// Errors: throws `std::invalid_argument` that says in one line what is wrong and what is allowed.
[[nodiscard]] HeaderFormat parse_header_format(std::string_view format,
                                               const std::vector<std::string>& fields);

/// A whole number of up to 64 bits, with or without sign.
struct Integer {
  bool negative = false;
  std::uint64_t magnitude = 0;

  friend bool operator==(const Integer&, const Integer&) = default;
};

/// The value of a field; `bytes` are its own, `field.size` of them.
[[nodiscard]] Integer decode(const IntegerField& field, std::string_view bytes) noexcept;

/// In decimal.
[[nodiscard]] std::string to_string(const Integer& integer);

}  // namespace millrace
