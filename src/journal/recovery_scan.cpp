#include "journal/recovery_scan.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "journal/journal_error.hpp"
#include "journal/replay.hpp"

namespace millrace {
namespace {

// No journal has more segments (journal.max_bytes).
constexpr std::uint64_t kMostSegments = 16384;

// Nothing is done or begun that had not arrived: else what arrives there later would be passed
// over.
bool possible(const Commit& commit, Offset next) {
  return commit.watermark <= Point{next, 0, 0} &&
         std::all_of(commit.open.begin(), commit.open.end(),
                     [next](const OpenFrame& frame) { return frame.start.offset < next; }) &&
         std::all_of(commit.done.begin(), commit.done.end(),
                     [next](const DoneFrame& frame) { return frame.offset < next; });
}

}  // namespace

RecoveryScan::RecoveryScan(const Folder& folder, Recovered& found, const RecordVisitor& visit)
    : folder_(folder), found_(found), visit_(visit) {}

void RecoveryScan::missing(std::uint64_t first, std::uint64_t last) {
  if (last - first >= kMostSegments) does_not_follow(last + 1);
  for (auto number = first; number <= last; ++number) {
    damaged({.kind = Damage::Kind::segment_missing,
             .segment = number,
             .what = segment_name(number) + " is missing"});
  }
  offset_known_ = false;
}

void RecoveryScan::segment(const File& file) {
  const auto name = segment_name(file.number);
  auto fd = folder_.open(name, O_RDONLY);
  if (!fd) {
    throw JournalError("journal: cannot open " + folder_.path() + "/" + name + ": " +
                       error_text(errno));
  }
  Offset first = found_.next_offset;
  if (!file.header) {
    damaged({.kind = Damage::Kind::header,
             .segment = file.number,
             .to = kSegmentHeaderSize,
             .what = name + " has a damaged header"});
  } else {
    first = file.header->first_offset;
    if (offset_known_ ? first != found_.next_offset : first < found_.next_offset) {
      does_not_follow(file.number);
    }
    known(first);
  }
  SegmentReader reader(folder_.files(), std::move(fd), found_.epoch, file.number);
  const auto limit = file.end.value_or(file.bytes);
  const auto end = records(reader, file, limit);
  found_.segments.push_back(
      {.number = file.number, .first_offset = first, .end = end, .bytes = file.bytes});
}

void RecoveryScan::finish() {
  const Replay replay(found_.commit);
  const auto& oldest = found_.segments.front();
  if (oldest.first_offset > replay.needed()) {
    const auto needed = replay.needed();
    const auto behind = oldest.first_offset - 1;
    found_.damages.insert(
        found_.damages.begin(),
        {.kind = Damage::Kind::segment_missing,
         .segment = oldest.number - 1,
         .what = "segments before " + segment_name(oldest.number) + " are missing: entries from " +
                 std::to_string(needed) + " to " + std::to_string(behind),
         .first = needed,
         .next = oldest.first_offset});
  }
}

// Answers where the log of the segment ends.
std::uint64_t RecoveryScan::records(SegmentReader& reader, const File& file, std::uint64_t limit) {
  std::uint64_t position = kSegmentHeaderSize;
  while (position < limit) {
    if (read(reader, position, limit) == SegmentReader::Found::record &&
        accept(reader.record(), file.number)) {
      position += record_size(reader.record().header);
      continue;
    }
    const auto next = good_after(reader, position, limit, file.newest);
    // Without the next segment's word for it, where this one ends is not known.
    if (!next && !file.end) {
      return file.newest ? torn(reader, position, limit) : position;
    }
    const auto to = next.value_or(limit);
    damaged({.kind = Damage::Kind::records,
             .segment = file.number,
             .from = position,
             .to = to,
             .what = segment_name(file.number) + " is damaged from byte " +
                     std::to_string(position) + " to " + std::to_string(to)});
    offset_known_ = false;
    position = to;
  }
  return position;
}

bool RecoveryScan::accept(const Record& record, std::uint64_t segment) {
  const auto& header = record.header;
  if (offset_known_ ? header.offset != found_.next_offset : header.offset < found_.next_offset) {
    return false;
  }
  Offset next = header.offset;
  switch (header.kind) {
    case RecordKind::chunk:
      if (!decode_chunk(record.meta, header.flags)) return false;
      ++next;
      break;
    case RecordKind::cut:
      if (!decode_cut(record.meta)) return false;
      ++next;
      break;
    case RecordKind::commit: {
      auto commit = decode_commit(record.meta);
      if (!commit || !possible(*commit, header.offset)) return false;
      found_.commit = std::move(*commit);
      break;
    }
    case RecordKind::gap: {
      const auto behind = decode_gap(record.meta);
      if (!behind || *behind < next) return false;
      if (*behind > next) found_.gaps.push_back({next, *behind});
      next = *behind;
      break;
    }
  }
  known(header.offset);
  found_.next_offset = next;
  if (visit_) visit_(record, segment);
  return true;
}

// The first good record behind `bad`; where that has to be shown to be no torn tail, only if one
// behind it says that the bad one had been settled.
std::optional<std::uint64_t> RecoveryScan::good_after(SegmentReader& reader, std::uint64_t bad,
                                                      std::uint64_t limit, bool must_be_settled) {
  std::optional<std::uint64_t> first;
  auto position = bad + kRecordAlignment;
  while (position < limit) {
    position = reader.skip_zeros(position, limit) / kRecordAlignment * kRecordAlignment;
    if (read(reader, position, limit) == SegmentReader::Found::record) {
      if (!first) first = position;
      if (!must_be_settled || reader.record().header.settled > bad) return first;
      position += record_size(reader.record().header);
    } else {
      position += kRecordAlignment;
    }
  }
  return std::nullopt;
}

SegmentReader::Found RecoveryScan::read(SegmentReader& reader, std::uint64_t at,
                                        std::uint64_t limit) {
  const auto found = reader.read_at(at, limit);
  if (found == SegmentReader::Found::failed) {
    throw JournalError("journal: cannot read " + folder_.path() + "/" +
                       segment_name(reader.number()) + ": " + reader.error().message() +
                       "; the disk or its file system needs attention");
  }
  return found;
}

std::uint64_t RecoveryScan::torn(SegmentReader& reader, std::uint64_t at, std::uint64_t limit) {
  constexpr std::uint64_t kBlock = 4096;
  std::uint64_t behind = at;
  for (auto byte = reader.skip_zeros(at, limit); byte < limit;
       byte = reader.skip_zeros(behind, limit)) {
    behind = std::min((byte / kBlock + 1) * kBlock, limit);
  }
  if (behind > at) {
    found_.torn = Damage{.kind = Damage::Kind::records,
                         .segment = reader.number(),
                         .from = at,
                         .to = behind,
                         .what = segment_name(reader.number()) +
                                 " ends in an incomplete record, at byte " + std::to_string(at),
                         .first = found_.next_offset,
                         .next = found_.next_offset};
  }
  return at;
}

void RecoveryScan::does_not_follow(std::uint64_t segment) const {
  throw JournalError("journal: " + folder_.path() + "/" + segment_name(segment) +
                     " does not follow the segment before it; put the files of one journal "
                     "back together, or all away with `millrace journal set-aside`");
}

void RecoveryScan::damaged(Damage damage) {
  damage.first = found_.next_offset;
  damage.next = found_.next_offset;
  found_.damages.push_back(std::move(damage));
}

// The next entry's offset has been read: what is between is lost by the first damage before it.
void RecoveryScan::known(Offset offset) {
  if (accounted_ < found_.damages.size()) {
    found_.damages[accounted_].next = offset;
    while (++accounted_ < found_.damages.size()) {
      found_.damages[accounted_].first = found_.damages[accounted_].next = offset;
    }
  }
  found_.next_offset = offset;
  offset_known_ = true;
}

}  // namespace millrace
