#include "event/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace millrace {
namespace {

constexpr std::size_t kMaxMqttString = 65535;

// The bytes that may follow a first byte: how many, and between which bounds the first of them is.
// The others are 0x80 to 0xBF (RFC 3629, section 4).
struct Tail {
  std::size_t size = 0;  // 0: not a first byte of several
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
};

Tail tail_of(unsigned char first) noexcept {
  if (first < 0xc2 || first > 0xf4) return {};
  if (first <= 0xdf) return {1};
  if (first == 0xe0) return {2, 0xa0};
  if (first == 0xed) return {2, 0x80, 0x9f};
  if (first <= 0xef) return {2};
  if (first == 0xf0) return {3, 0x90};
  if (first == 0xf4) return {3, 0x80, 0x8f};
  return {3};
}

// Of a character, any byte but the first.
bool is_tail(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

bool follows(std::string_view rest, const Tail& tail) noexcept {
  if (tail.size == 0 || rest.size() < tail.size) return false;
  const auto second = static_cast<unsigned char>(rest[0]);
  if (second < tail.low || second > tail.high) return false;
  for (std::size_t i = 1; i < tail.size; ++i) {
    if (!is_tail(rest[i])) return false;
  }
  return true;
}

// How many of the first bytes are ASCII, in steps of eight.
std::size_t ascii_prefix(std::string_view bytes) noexcept {
  std::size_t at = 0;
  for (std::uint64_t word = 0; bytes.size() - at >= sizeof word; at += sizeof word) {
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  return at;
}

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
  while (true) {
    bytes.remove_prefix(ascii_prefix(bytes));
    if (bytes.empty()) return true;
    const auto first = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (first < 0x80) continue;
    const Tail tail = tail_of(first);
    if (!follows(bytes, tail)) return false;
    bytes.remove_prefix(tail.size);
  }
}

std::string_view utf8_prefix(std::string_view bytes, std::size_t most) noexcept {
  if (bytes.size() <= most) return bytes;
  constexpr std::size_t kMostTail = 3;
  std::size_t end = most;
  while (end > 0 && most - end < kMostTail && is_tail(bytes[end])) --end;
  return bytes.substr(0, is_tail(bytes[end]) ? most : end);
}

bool is_mqtt_string(std::string_view bytes) noexcept {
  return bytes.size() <= kMaxMqttString && bytes.find('\0') == std::string_view::npos &&
         is_utf8(bytes);
}

}  // namespace millrace
