// BytesWriter and BytesReader: little-endian numbers and length-prefixed strings.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

/// Writes `value` over the first bytes at `to`.
template <std::unsigned_integral T>
void store(T value, char* to) noexcept {
  for (std::size_t byte = 0; byte < sizeof(T); ++byte) {
    to[byte] = static_cast<char>(static_cast<std::uint8_t>(value >> (8 * byte)));
  }
}

/// Appends to a string that it does not own.
class BytesWriter {
 public:
  explicit BytesWriter(std::string& to) noexcept : to_(to) {}

  template <std::unsigned_integral T>
  void number(T value) {
    std::array<char, sizeof(T)> bytes;
    store(value, bytes.data());
    to_.append(bytes.data(), bytes.size());
  }

  /// A length of four bytes, then the bytes.
  void text(std::string_view bytes) {
    number(static_cast<std::uint32_t>(bytes.size()));
    to_.append(bytes);
  }

 private:
  std::string& to_;
};

/// Reads what a `BytesWriter` wrote. Past the end it answers zeros and empty strings, and `ok()`
/// turns false for good.
class BytesReader {
 public:
  explicit BytesReader(std::string_view from) noexcept : from_(from) {}

  template <std::unsigned_integral T>
  [[nodiscard]] T number() noexcept {
    const auto bytes = take(sizeof(T));
    std::uint64_t value = 0;
    for (std::size_t byte = bytes.size(); byte > 0; --byte) {
      value = (value << 8U) | static_cast<std::uint8_t>(bytes[byte - 1]);
    }
    return static_cast<T>(value);
  }

  [[nodiscard]] std::string_view text() noexcept { return take(number<std::uint32_t>()); }

  [[nodiscard]] std::string_view take(std::size_t count) noexcept {
    if (count > from_.size()) {
      ok_ = false;
      from_ = {};
      return {};
    }
    const auto bytes = from_.substr(0, count);
    from_.remove_prefix(count);
    return bytes;
  }

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  /// Everything has been read, and nothing more than that.
  [[nodiscard]] bool done() const noexcept { return ok_ && from_.empty(); }
  [[nodiscard]] std::size_t left() const noexcept { return from_.size(); }

 private:
  std::string_view from_;
  bool ok_ = true;
};

}  // namespace millrace
