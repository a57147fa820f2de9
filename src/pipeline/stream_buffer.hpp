// StreamBuffer: a framer, and which of its bytes came from which journal entry.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/config.hpp"
#include "millrace/framer.hpp"
#include "millrace/journal.hpp"

namespace millrace {

/// One stream between two entries: its framer, and the places where the bytes it holds came from.
///
/// Threads: one at a time.
class StreamBuffer {
 public:
  explicit StreamBuffer(FramerPtr framer) : framer_(std::move(framer)) {}

  /// Where a frame starts, and what its chunk said.
  struct Origin {
    Point start;
    std::shared_ptr<const Properties> properties;
    std::chrono::system_clock::time_point received;
    bool redelivered = false;  ///< this chunk or a later one of the frame
    bool done = false;         ///< was done before a restart
  };

  /// Hands an entry's chunk to the framer.
  void push(Entry entry, Chunk chunk);

  /// As `Framer::pop` and `Framer::end`.
  [[nodiscard]] std::optional<Piece> pop() { return framer_->pop(); }
  [[nodiscard]] std::optional<Piece> end(const std::string& why) { return framer_->end(why); }

  /// Takes the bytes of a piece off the front and says where they began.
  Origin take(std::size_t bytes);

  /// Where reading stands within the last pushed entry; one entry on when that is exhausted.
  [[nodiscard]] Point after() const;

  /// No piece is left: forgets the places of bytes that the framer has let go of.
  void settle();

  /// Bytes of a frame that is not complete.
  [[nodiscard]] std::size_t buffered() const noexcept { return framer_->buffered(); }

  /// Where that frame starts. Only when there is one.
  [[nodiscard]] Point open_start() const;

  std::string name;
  Offset last_read = 0;    ///< the entry pushed last
  Duration read_at{};      ///< on the stage's own clock, see `FramingStage::waited`
  std::uint64_t cost = 0;  ///< booked against the partial budget
  Point booked_at;         ///< where the frame starts that this is for
  bool ended = false;      ///< nothing can be cut until the stream is closed
  bool opened = false;     ///< the ledger knows of a frame that is not complete

 private:
  struct Span {
    Offset offset = 0;
    std::uint64_t size = 0;
    std::uint64_t taken = 0;  // both counted from the chunk's first byte
    std::uint32_t next_index = 0;
    std::vector<std::uint32_t> done;
    std::shared_ptr<const Properties> properties;
    std::chrono::system_clock::time_point received;
    bool redelivered = false;
  };

  void drop_exhausted();

  FramerPtr framer_;
  std::deque<Span> spans_;
  std::uint64_t held_ = 0;  // bytes of all spans not taken
};

}  // namespace millrace
