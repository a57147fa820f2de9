#include "framing/stream_framer.hpp"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

// What a header announces is room for a frame of usual size, not for as much as a client likes.
constexpr std::size_t kMostReserved = std::size_t{4} << 20;

}  // namespace

void StreamFramer::push(Payload chunk) {
  if (ended_) return;
  chunk_ = std::move(chunk);
  taken_ = 0;
}

std::optional<Piece> StreamFramer::pop() {
  if (fresh().empty()) return {};
  Judgement judgement = judge(held_, fresh());
  return std::visit([this](auto& what) { return apply(what); }, judgement);
}

std::optional<Piece> StreamFramer::end(const std::string& why) {
  ended_ = false;
  const std::size_t left = held_.size() + fresh().size();
  if (left == 0) return {};
  Piece piece;
  piece.raw = take(left);
  piece.defect = why;
  return piece;
}

// Copied although it could be kept as a slice: a few bytes of a frame must not keep the whole chunk
// alive for as long as the rest takes to come.
std::optional<Piece> StreamFramer::apply(const Incomplete& incomplete) {
  held_.reserve(std::min(incomplete.size, kMostReserved));
  held_.append(fresh());
  chunk_ = {};
  taken_ = 0;
  return {};
}

std::optional<Piece> StreamFramer::apply(const Extent& extent) {
  Piece piece;
  piece.raw = take(extent.size);
  piece.payload = piece.raw.slice(extent.payload_begin, extent.payload_size);
  piece.digest = piece.raw.slice(extent.digest_begin, extent.digest_size);
  return piece;
}

std::optional<Piece> StreamFramer::apply(Impossible& impossible) {
  Piece piece;
  piece.raw = take(held_.size() + fresh().size());
  piece.defect = std::move(impossible.why);
  piece.ends_stream = connection_;
  ended_ = connection_;
  return piece;
}

// The first `size` bytes of what is held and what is fresh.
Payload StreamFramer::take(std::size_t size) {
  Payload bytes;
  const std::size_t from_chunk = size - held_.size();
  if (held_.empty()) {
    bytes = chunk_.slice(taken_, from_chunk);
  } else {
    held_.append(fresh().substr(0, from_chunk));
    bytes = Payload(std::exchange(held_, {}));
  }
  taken_ += from_chunk;
  if (taken_ == chunk_.size()) {
    chunk_ = {};
    taken_ = 0;
  }
  return bytes;
}

}  // namespace millrace
