// Framer: cuts one stream's bytes into frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "millrace/payload.hpp"

namespace millrace {

/// What a framer cut off the front of its stream.
struct Piece {
  Payload raw;               ///< every byte of it
  Payload payload;           ///< as `Frame::payload`
  Payload digest;            ///< as `Frame::digest`
  std::string defect;        ///< not empty: no frame, but bytes that had to be given up, and why
  bool ends_stream = false;  ///< with a defect: nothing after it can be read; close the connection
};

/// The state machine of one stream: bytes in, pieces out. Pure: no clock, no I/O, the same pieces
/// for the same bytes however they were divided into chunks.
///
/// Threads: one at a time.
/// Errors: bytes that cannot be a frame come out as a `Piece` with a defect; nothing is thrown but
/// `std::bad_alloc`.
class Framer {
 public:
  virtual ~Framer() = default;

  /// Adds the next chunk of the stream. Call `pop` until it answers nothing before the next push.
  virtual void push(Payload chunk) = 0;

  /// The next piece, or nothing while its bytes are not all here.
  [[nodiscard]] virtual std::optional<Piece> pop() = 0;

  /// The stream ends here. What is left inside a frame comes out as a piece whose defect is `why`.
  [[nodiscard]] virtual std::optional<Piece> end(const std::string& why) = 0;

  /// Bytes held of a frame that is not yet complete.
  [[nodiscard]] virtual std::size_t buffered() const noexcept = 0;
};

using FramerPtr = std::unique_ptr<Framer>;

}  // namespace millrace
