// A small language for framer tests: chunks in, what came out as plain text.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/config.hpp"
#include "millrace/framer.hpp"

namespace millrace::test {

using Chunks = std::vector<std::string>;

/// A piece, with its bytes as strings.
struct Seen {
  std::string raw;
  std::string payload;
  std::string digest;
  std::string defect;
  bool ends_stream = false;

  friend bool operator==(const Seen&, const Seen&) = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen);

[[nodiscard]] Seen seen(const Piece& piece);

/// Pushes one chunk and pops what comes.
[[nodiscard]] std::vector<Seen> push(Framer& framer, std::string chunk);

/// Pushes chunk after chunk and pops what comes. `end_why`, where not empty, ends the stream.
[[nodiscard]] std::vector<Seen> feed(Framer& framer, const Chunks& chunks,
                                     const std::string& end_why = {});

/// What a frame without a digest, and one that could not be, look like.
[[nodiscard]] Seen frame(std::string raw, std::string payload);
[[nodiscard]] Seen defect(std::string raw, std::string why, bool ends_stream = false);

/// The bytes of all pieces, one after another.
[[nodiscard]] std::string raw_of(const std::vector<Seen>& pieces);

/// Cuts bytes at these ascending places.
[[nodiscard]] Chunks cut_at(std::string_view bytes, const std::vector<std::size_t>& places);

/// One byte a chunk.
[[nodiscard]] Chunks bytewise(std::string_view bytes);

[[nodiscard]] FramerPtr whole(ByteCount limit);
[[nodiscard]] FramerPtr lines(ByteCount limit, bool connection);
[[nodiscard]] FramerPtr length_prefixed(const std::string& format,
                                        const std::vector<std::string>& fields, ByteCount limit,
                                        bool connection);

}  // namespace millrace::test
