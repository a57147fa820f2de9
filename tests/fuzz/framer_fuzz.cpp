// libFuzzer: frames are what an oracle makes that looks at one byte after another, however the
// bytes are divided; every byte is accounted for; no more is held than the limit says.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "framing/header_format.hpp"
#include "fuzz/check.hpp"
#include "unit/framing/pieces.hpp"

namespace {

using namespace millrace;
using namespace millrace::test;
using fuzz::require;

enum class Kind { whole, lines, length_prefixed, kMaxValue = length_prefixed };

struct Case {
  Kind kind = Kind::whole;
  ByteCount limit = 0;
  bool connection = false;
  std::string format;
  std::vector<std::string> fields;
  HeaderFormat header;
  Chunks chunks;
};

std::vector<std::string> field_names(FuzzedDataProvider& in) {
  std::vector<std::string> names;
  for (auto count = in.ConsumeIntegralInRange(0, 6); count > 0; --count) {
    names.push_back(in.PickValueInArray<std::string>({"length", "digest", "a", "b", "c", ""}));
  }
  return names;
}

// The rest of the input, divided at places of the input's choice.
Chunks divide(FuzzedDataProvider& in) {
  const auto most = in.PickValueInArray<std::size_t>({1, 2, 7, 64, 5000});
  Chunks chunks;
  while (in.remaining_bytes() > 0) {
    const auto size = in.ConsumeIntegralInRange<std::size_t>(0, most);
    chunks.push_back(in.ConsumeBytesAsString(size));
  }
  return chunks;
}

// Nothing where the header's format is refused.
std::optional<Case> read_case(FuzzedDataProvider& in) {
  Case it;
  it.kind = in.ConsumeEnum<Kind>();
  it.limit = in.PickValueInArray<ByteCount>({0, 1, 5, 64, 300, 70000});
  it.connection = in.ConsumeBool();
  if (it.kind == Kind::length_prefixed) {
    it.format = in.ConsumeRandomLengthString(24);
    it.fields = field_names(in);
    try {
      it.header = parse_header_format(it.format, it.fields);
    } catch (const std::invalid_argument& error) {
      fuzz::require_one_line(error.what());
      return {};
    }
    const auto& length = it.header.length;
    require(it.header.size >= 1 && it.header.size <= kMaxHeaderSize, "a header's size is bounded");
    require(length.size == 1 || length.size == 2 || length.size == 4 || length.size == 8,
            "a length is an integer");
    require(length.offset + length.size <= it.header.size, "the length lies in the header");
    require(it.header.digest.offset + it.header.digest.size <= it.header.size,
            "the digest lies in the header");
  }
  it.chunks = divide(in);
  return it;
}

FramerPtr make(const Case& it) {
  switch (it.kind) {
    case Kind::whole:
      return whole(it.limit);
    case Kind::lines:
      return lines(it.limit, it.connection);
    case Kind::length_prefixed:
      return length_prefixed(it.format, it.fields, it.limit, it.connection);
  }
  return nullptr;
}

// What becomes of the bytes gathered so far: nothing yet, a frame, or a defect without its words.
std::optional<Seen> line_rule(const Case& it, const std::string& bytes) {
  const bool ended = bytes.back() == '\n';
  std::string line = bytes.substr(0, bytes.size() - (ended ? 1 : 0));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.size() > it.limit) return defect(bytes, "too long");
  if (!ended) return {};
  return frame(bytes, line);
}

// By 128-bit arithmetic, where the framer has a sign and a magnitude.
__int128 length_of(const IntegerField& field, const std::string& bytes) {
  std::string own = bytes.substr(field.offset, field.size);
  if (!field.big_endian) std::reverse(own.begin(), own.end());
  __int128 value = 0;
  for (const char c : own) value = value * 256 + static_cast<unsigned char>(c);
  const __int128 range = static_cast<__int128>(1) << (8 * field.size);
  return field.is_signed && value >= range / 2 ? value - range : value;
}

std::optional<Seen> packet_rule(const Case& it, const std::string& bytes) {
  const auto& header = it.header;
  if (bytes.size() < header.size) return {};
  const auto length = length_of(header.length, bytes);
  if (length < 0 || length > static_cast<__int128>(it.limit)) return defect(bytes, "impossible");
  if (bytes.size() < header.size + static_cast<std::size_t>(length)) return {};
  return Seen{bytes,
              bytes.substr(header.size),
              bytes.substr(header.digest.offset, header.digest.size),
              {},
              false};
}

std::vector<Seen> oracle(const Case& it) {
  std::vector<Seen> pieces;
  std::string gathered;
  for (const auto& chunk : it.chunks) {
    if (it.kind == Kind::whole) {
      pieces.push_back(chunk.size() > it.limit ? defect(chunk, "too long") : frame(chunk, chunk));
      continue;
    }
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      gathered += chunk[i];
      auto piece = it.kind == Kind::lines ? line_rule(it, gathered) : packet_rule(it, gathered);
      if (!piece) continue;
      gathered.clear();
      pieces.push_back(*piece);
      if (piece->defect.empty()) continue;
      pieces.back().raw += chunk.substr(i + 1);
      pieces.back().ends_stream = it.connection;
      if (it.connection) return pieces;
      break;
    }
  }
  if (!gathered.empty()) pieces.push_back(defect(gathered, "the end"));
  return pieces;
}

std::vector<Seen> run(const Case& it, Framer& framer) {
  std::vector<Seen> pieces;
  const auto most = it.limit + std::max<std::size_t>(it.header.size, 1);
  for (const auto& chunk : it.chunks) {
    for (auto& piece : push(framer, chunk)) pieces.push_back(std::move(piece));
    require(framer.buffered() <= most, "no more is held than a frame may have");
  }
  if (const auto left = framer.end("the end")) pieces.push_back(seen(*left));
  require(framer.buffered() == 0, "nothing is held behind the end");
  for (auto& piece : pieces) {
    if (piece.defect.empty()) continue;
    fuzz::require_one_line(piece.defect);
    if (piece.defect != "the end") {
      piece.defect = it.kind == Kind::length_prefixed ? "impossible" : "too long";
    }
  }
  return pieces;
}

void compare(const std::vector<Seen>& made, const std::vector<Seen>& wanted) {
  if (made == wanted) return;
  std::ostringstream shown;
  for (const auto& piece : wanted) shown << "\n  wanted " << piece;
  for (const auto& piece : made) shown << "\n  made   " << piece;
  fuzz::fail("the pieces are the oracle's", shown.str());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  const auto it = read_case(in);
  if (!it) return 0;
  const auto framer = make(*it);
  compare(run(*it, *framer), oracle(*it));
  // The same one again: an end leaves nothing behind.
  compare(run(*it, *framer), oracle(*it));
  return 0;
}
