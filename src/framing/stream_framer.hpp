// StreamFramer: what framers of byte streams share: joining chunks, giving up, starting afresh.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "millrace/framer.hpp"

namespace millrace {

/// The frame is not all here.
struct Incomplete {
  std::size_t size = 0;  ///< bytes that it will have, where that is known
};

/// The frame is all here: where its parts are, in bytes from its start.
struct Extent {
  std::size_t size = 0;  ///< of the whole frame, at least 1
  std::size_t payload_begin = 0;
  std::size_t payload_size = 0;
  std::size_t digest_begin = 0;
  std::size_t digest_size = 0;
};

/// These bytes cannot be a frame, whatever follows them.
struct Impossible {
  std::string why;
};

using Judgement = std::variant<Incomplete, Extent, Impossible>;

/// A framer whose frames may begin and end anywhere in a chunk. A frame that lies within one chunk
/// is a slice of it; only one that is split over chunks is copied. After a defect the rest of its
/// chunk goes with it.
class StreamFramer : public Framer {
 public:
  void push(Payload chunk) final;
  [[nodiscard]] std::optional<Piece> pop() final;
  [[nodiscard]] std::optional<Piece> end(const std::string& why) final;
  [[nodiscard]] std::size_t buffered() const noexcept final { return held_.size(); }

 protected:
  explicit StreamFramer(bool connection) : connection_(connection) {}

 private:
  /// Judges the first frame of the bytes `held` + `fresh`. `held` alone was incomplete; `fresh` is
  /// not empty.
  [[nodiscard]] virtual Judgement judge(std::string_view held, std::string_view fresh) const = 0;

  std::optional<Piece> apply(const Incomplete& incomplete);
  std::optional<Piece> apply(const Extent& extent);
  std::optional<Piece> apply(Impossible& impossible);
  Payload take(std::size_t size);
  [[nodiscard]] std::string_view fresh() const { return chunk_.view().substr(taken_); }

  bool connection_;
  bool ended_ = false;     // a defect has ended this connection: nothing more is read
  std::string held_;       // of a frame that began in an earlier chunk
  Payload chunk_;          // the last one pushed
  std::size_t taken_ = 0;  // bytes of it
};

}  // namespace millrace
