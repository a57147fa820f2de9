// libFuzzer: frames must not depend on how their bytes were divided, and no byte may get lost.
//
// Input: a byte for the kind of framer, a byte that says how large chunks are, then the stream.
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "unit/framing/pieces.hpp"

namespace {

using namespace millrace;
using namespace millrace::test;

constexpr ByteCount kLimit = 64;

FramerPtr make(unsigned kind) {
  const bool connection = kind % 2 == 0;
  switch (kind / 2 % 4) {
    case 0:
      return lines(kLimit, connection);
    case 1:
      return length_prefixed(">H2s", {"length", "digest"}, kLimit, connection);
    case 2:
      return length_prefixed("<xb", {"length"}, kLimit, connection);
    default:
      return length_prefixed("!Q", {"length"}, kLimit, connection);
  }
}

// Chunks of 1 … `largest` bytes, sizes from a small generator so that they differ.
Chunks divide(const std::string& bytes, unsigned largest) {
  Chunks chunks;
  unsigned state = largest;
  for (std::size_t at = 0; at < bytes.size(); at += chunks.back().size()) {
    state = state * 1103515245U + 12345U;
    chunks.push_back(bytes.substr(at, 1 + (state >> 16) % largest));
  }
  return chunks;
}

void require(bool holds, const char* what, const std::vector<Seen>& one,
             const std::vector<Seen>& other) {
  if (holds) return;
  std::cerr << what << '\n';
  for (const auto& piece : one) std::cerr << "  whole   " << piece << '\n';
  for (const auto& piece : other) std::cerr << "  divided " << piece << '\n';
  std::abort();
}

// A defect takes the rest of its chunk along, so what follows it differs.
void compare(const std::vector<Seen>& whole, const std::vector<Seen>& divided) {
  require(whole.empty() == divided.empty(), "one has pieces, the other has none", whole, divided);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    require(i < divided.size(), "a piece is missing", whole, divided);
    require(whole[i].defect == divided[i].defect, "defects differ", whole, divided);
    if (!whole[i].defect.empty()) return;
    require(whole[i] == divided[i], "frames differ", whole, divided);
  }
  require(whole.size() == divided.size(), "a piece is too many", whole, divided);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string bytes(data + 2, data + size);
  const auto framer = make(data[0]);
  const auto whole = feed(*framer, {bytes}, "end");
  const auto divided = feed(*framer, divide(bytes, 1U + data[1]), "end");
  compare(whole, divided);
  require(raw_of(whole) == bytes, "bytes are lost", whole, divided);
  require(bytes.starts_with(raw_of(divided)), "bytes are changed", whole, divided);
  const bool ended = !divided.empty() && divided.back().ends_stream;
  require(ended || raw_of(divided) == bytes, "bytes are lost", whole, divided);
  require(framer->buffered() == 0, "bytes are left", whole, divided);
  return 0;
}
