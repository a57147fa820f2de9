#include "unit/framing/pieces.hpp"

#include <utility>

#include "framing/framers.hpp"

namespace millrace::test {
namespace {

std::string printable(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes.substr(0, 80)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\\') {
      text += c;
    } else {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return bytes.size() <= 80 ? text : text + "… (" + std::to_string(bytes.size()) + " bytes)";
}

FramerPtr make(FramingConfig framing, ByteCount limit, bool connection) {
  LimitsConfig limits;
  limits.frame_bytes = limit;
  return make_framer(framing, limits, connection);
}

void pop_all(Framer& framer, std::vector<Seen>& pieces) {
  while (const auto piece = framer.pop()) pieces.push_back(seen(*piece));
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  out << "{raw \"" << printable(seen.raw) << "\" payload \"" << printable(seen.payload)
      << "\" digest \"" << printable(seen.digest) << '"';
  if (!seen.defect.empty()) out << " defect: " << seen.defect;
  return out << (seen.ends_stream ? ", ends the stream}" : "}");
}

Seen seen(const Piece& piece) {
  return {std::string(piece.raw.view()), std::string(piece.payload.view()),
          std::string(piece.digest.view()), piece.defect, piece.ends_stream};
}

std::vector<Seen> push(Framer& framer, std::string chunk) {
  std::vector<Seen> pieces;
  framer.push(Payload(std::move(chunk)));
  pop_all(framer, pieces);
  return pieces;
}

std::vector<Seen> feed(Framer& framer, const Chunks& chunks, const std::string& end_why) {
  std::vector<Seen> pieces;
  for (const auto& chunk : chunks) {
    framer.push(Payload(chunk));
    pop_all(framer, pieces);
  }
  if (end_why.empty()) return pieces;
  if (const auto left = framer.end(end_why)) pieces.push_back(seen(*left));
  return pieces;
}

Seen frame(std::string raw, std::string payload) {
  return {std::move(raw), std::move(payload), {}, {}, false};
}

Seen defect(std::string raw, std::string why, bool ends_stream) {
  return {std::move(raw), {}, {}, std::move(why), ends_stream};
}

std::string raw_of(const std::vector<Seen>& pieces) {
  std::string bytes;
  for (const auto& piece : pieces) bytes += piece.raw;
  return bytes;
}

Chunks cut_at(std::string_view bytes, const std::vector<std::size_t>& places) {
  Chunks chunks;
  std::size_t from = 0;
  for (const std::size_t place : places) {
    chunks.emplace_back(bytes.substr(from, place - from));
    from = place;
  }
  chunks.emplace_back(bytes.substr(from));
  return chunks;
}

Chunks bytewise(std::string_view bytes) {
  Chunks chunks;
  for (const char byte : bytes) chunks.emplace_back(1, byte);
  return chunks;
}

FramerPtr whole(ByteCount limit) {
  return make({}, limit, false);
}

FramerPtr lines(ByteCount limit, bool connection) {
  FramingConfig framing;
  framing.type = FramingType::lines;
  return make(framing, limit, connection);
}

FramerPtr length_prefixed(const std::string& format, const std::vector<std::string>& fields,
                          ByteCount limit, bool connection) {
  FramingConfig framing;
  framing.type = FramingType::length_prefixed;
  framing.header = {format, fields};
  return make(framing, limit, connection);
}

}  // namespace millrace::test
