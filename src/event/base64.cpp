#include "event/base64.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace millrace {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Up to three bytes as 24 bits, those that are not there as zeros.
std::uint32_t group_of(std::string_view bytes) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    bits = bits << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
  }
  return bits;
}

constexpr std::uint32_t kNoDigit = 64;

constexpr std::array<std::uint32_t, 256> digits() {
  std::array<std::uint32_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint32_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = i;
  }
  return values;
}

constexpr auto kDigits = digits();

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(3, bytes.size()))) {
    const std::uint32_t bits = group_of(bytes);
    text += kAlphabet[bits >> 18 & 63];
    text += kAlphabet[bits >> 12 & 63];
    text += bytes.size() > 1 ? kAlphabet[bits >> 6 & 63] : '=';
    text += bytes.size() > 2 ? kAlphabet[bits & 63] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return {};
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    const std::size_t unused = at + 4 == text.size() ? padding : 0;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const bool padded = i >= 4 - unused;
      const std::uint32_t digit = padded ? 0 : kDigits[static_cast<unsigned char>(text[at + i])];
      if (digit == kNoDigit) return {};
      bits = bits << 6 | digit;
    }
    // What the last digit says beyond the last byte has to be nothing.
    if ((bits & ((1U << 8 * unused) - 1)) != 0) return {};
    for (std::size_t i = 0; i < 3 - unused; ++i) {
      bytes += static_cast<char>(bits >> (16 - 8 * i) & 0xff);
    }
  }
  return bytes;
}

}  // namespace millrace
