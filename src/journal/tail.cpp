#include "journal/tail.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "journal/format.hpp"

namespace millrace {

Tail::Tail(const Folder& folder, const SegmentList& segments, std::uint32_t epoch,
           const Replay& replay, bool has_gaps)
    : folder_(folder), segments_(segments), epoch_(epoch), replay_(replay), has_gaps_(has_gaps) {
  for (const auto& segment : segments_.all()) {
    if (segment_ == 0 || segment.first_offset <= replay_.needed()) {
      segment_ = segment.number;
      offset_ = segment.first_offset;
    }
  }
  if (has_gaps_) {
    for (const auto& frame : replay_.last().open) streams_.insert(frame.stream);
  }
}

ReadResult Tail::next(Offset published) {
  for (;;) {
    if (!cuts_.empty()) {
      Entry cut = std::move(cuts_.front());
      cuts_.pop_front();
      return cut;
    }
    if (offset_ >= published) return NothingToRead{};
    if (auto error = advance()) return error;
    const Record& record = reader_->record();
    switch (record.header.kind) {
      case RecordKind::commit:
        break;
      case RecordKind::gap: {
        const auto behind = decode_gap(record.meta).value_or(offset_);
        fill_gap({offset_, behind});
        offset_ = behind;
        break;
      }
      case RecordKind::chunk:
      case RecordKind::cut: {
        auto entry = replay_.entry_of(record);
        offset_ = record.header.offset + 1;
        if (!entry) break;
        if (has_gaps_) streams_.emplace(stream_of(record.header.kind, record.meta));
        return std::move(*entry);
      }
    }
  }
}

// Goes on to the next record, which is there, as an entry behind it has been published.
std::error_code Tail::advance() {
  while (!reader_ || position_ >= limit_) {
    const auto extent = segments_.at_or_after(reader_ && complete_ ? segment_ + 1 : segment_);
    if (!extent) return std::make_error_code(std::errc::bad_message);
    if (!reader_ || extent->number != segment_) {
      // One that is not listed any more was unlinked, as all its entries had been read.
      if (auto error = open_segment(extent->number)) return error;
    } else if (extent->log_end == limit_ && !extent->complete) {
      return std::make_error_code(std::errc::bad_message);
    }
    limit_ = extent->log_end;
    complete_ = extent->complete;
  }
  const auto found = reader_->read_at(position_, limit_);
  if (found == SegmentReader::Found::failed) return reader_->error();
  if (found == SegmentReader::Found::nothing) return std::make_error_code(std::errc::bad_message);
  position_ += record_size(reader_->record().header);
  return {};
}

std::error_code Tail::open_segment(std::uint64_t number) {
  auto fd = folder_.open(segment_name(number), O_RDONLY);
  if (!fd) return {errno, std::generic_category()};
  segment_ = number;
  position_ = kSegmentHeaderSize;
  reader_ = std::make_unique<SegmentReader>(folder_.files(), std::move(fd), epoch_, number);
  return {};
}

// What was lost may have been the middle of a frame, of any stream seen before: each ends here, so
// that no frame is made of what stood on either side. There may be more streams than lost entries.
void Tail::fill_gap(const Gap& gap) {
  if (gap.first == gap.next) return;
  Offset offset = gap.first;
  for (const auto& stream : streams_) {
    if (const auto begin = replay_.begin_of(offset, stream, std::nullopt)) {
      cuts_.push_back({.offset = offset,
                       .what = Cut{.stream = stream, .cause = CutCause::closed, .last_read = 0},
                       .from_byte = begin->byte,
                       .first_index = begin->index,
                       .done = {}});
      offset = std::min(offset + 1, gap.next - 1);
    }
  }
  streams_.clear();
}

}  // namespace millrace
