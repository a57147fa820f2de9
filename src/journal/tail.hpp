// Tail: reads the log's entries back, from the first one that is needed.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <system_error>

#include "journal/file_layer.hpp"
#include "journal/recovery.hpp"
#include "journal/replay.hpp"
#include "journal/segment.hpp"
#include "journal/segment_reader.hpp"
#include "millrace/journal.hpp"

namespace millrace {

/// The reading end of the log. Holds one buffer, however long the log is.
///
/// Threads: one at a time; `SegmentWriter` may append meanwhile.
/// Lifetime: what it is made with outlives it.
class Tail {
 public:
  /// `has_gaps`: a repair has given entries up.
  Tail(const Folder& folder, const SegmentList& segments, std::uint32_t epoch, const Replay& replay,
       bool has_gaps);

  /// The next entry that is to be framed and whose offset is below `published`: what is below it
  /// has been written completely.
  [[nodiscard]] ReadResult next(Offset published);

  /// Of the next entry to be looked at.
  [[nodiscard]] Offset position() const noexcept { return offset_; }

  [[nodiscard]] std::size_t buffer_size() const noexcept {
    return reader_ ? reader_->buffer_size() : 0;
  }

 private:
  std::error_code advance();
  std::error_code open_segment(std::uint64_t number);
  void fill_gap(const Gap& gap);

  const Folder& folder_;
  const SegmentList& segments_;
  const std::uint32_t epoch_;
  const Replay& replay_;
  const bool has_gaps_;

  std::uint64_t segment_ = 0;  // number of the one to be read
  std::unique_ptr<SegmentReader> reader_;
  std::uint64_t position_ = 0;  // in its file
  std::uint64_t limit_ = 0;     // how far its log is known to go
  bool complete_ = false;       // it goes no further
  Offset offset_ = 0;

  std::set<std::string, std::less<>> streams_;  // that a gap may have hit inside a frame
  std::deque<Entry> cuts_;                      // that stand for a gap
};

}  // namespace millrace
