#include "event/base64.hpp"

#include <algorithm>
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

}  // namespace millrace
