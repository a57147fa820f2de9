#include "framing/whole_framer.hpp"

#include <utility>

namespace millrace {

void WholeFramer::push(Payload chunk) {
  message_ = std::move(chunk);
}

std::optional<Piece> WholeFramer::pop() {
  if (!message_) return {};
  Piece piece;
  piece.raw = std::move(*message_);
  message_.reset();
  if (piece.raw.size() > frame_bytes_) {
    piece.defect = "message of " + std::to_string(piece.raw.size()) + " bytes is longer than " +
                   std::to_string(frame_bytes_) + " (limits.frame_bytes)";
  } else {
    piece.payload = piece.raw;
  }
  return piece;
}

std::optional<Piece> WholeFramer::end(const std::string&) {
  message_.reset();
  return {};
}

}  // namespace millrace
