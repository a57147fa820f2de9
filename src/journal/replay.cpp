#include "journal/replay.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "journal/format.hpp"

namespace millrace {
namespace {

bool earlier(const DoneFrame& one, const DoneFrame& other) {
  return std::pair(one.offset, one.index) < std::pair(other.offset, other.index);
}

}  // namespace

Replay::Replay(Commit last) : last_(std::move(last)) {
  std::sort(last_.done.begin(), last_.done.end(), earlier);
  for (const auto& frame : last_.open) {
    const auto [open, is_new] = open_.emplace(frame.stream, frame.start);
    if (!is_new) open->second = std::min(open->second, frame.start);
  }
}

std::optional<Replay::Begin> Replay::begin_of(Offset offset, std::string_view stream,
                                              std::optional<std::uint64_t> bytes) const {
  const Point& watermark = last_.watermark;
  if (offset > watermark.offset) return Begin{};
  std::optional<Point> from;
  if (offset == watermark.offset) {
    // With nothing behind it the watermark says that the entry is done, but for an empty chunk, in
    // which only a frame counted says so, and for a cut.
    const bool done = bytes && watermark.byte >= *bytes && (*bytes > 0 || watermark.index > 0);
    if (!done) from = watermark;
  }
  if (const auto open = open_.find(stream); open != open_.end() && open->second.offset <= offset) {
    const Point here = open->second.offset == offset ? open->second : Point{offset, 0, 0};
    from = from ? std::min(*from, here) : here;
  }
  if (!from) return std::nullopt;
  return Begin{from->byte, from->index};
}

std::optional<Entry> Replay::entry_of(const Record& record) const {
  const auto& header = record.header;
  const bool is_chunk = header.kind == RecordKind::chunk;
  const auto bytes = is_chunk ? std::optional<std::uint64_t>(header.payload_size) : std::nullopt;
  const auto begin = begin_of(header.offset, stream_of(header.kind, record.meta), bytes);
  if (!begin) return std::nullopt;
  Entry entry{.offset = header.offset,
              .what = {},
              .from_byte = begin->byte,
              .first_index = begin->index,
              .done = done_in(header.offset, begin->index)};
  if (is_chunk) {
    auto chunk = decode_chunk(record.meta, header.flags);
    if (!chunk) return std::nullopt;
    chunk->bytes = Payload(std::string(record.payload));
    entry.what = std::move(*chunk);
  } else {
    auto cut = decode_cut(record.meta);
    if (!cut) return std::nullopt;
    entry.what = std::move(*cut);
  }
  return entry;
}

std::vector<std::uint32_t> Replay::done_in(Offset offset, std::uint32_t first_index) const {
  std::vector<std::uint32_t> done;
  auto frame = std::lower_bound(last_.done.begin(), last_.done.end(),
                                DoneFrame{offset, first_index}, earlier);
  for (; frame != last_.done.end() && frame->offset == offset; ++frame) {
    done.push_back(frame->index);
  }
  return done;
}

Commit Replay::continued(Commit commit) const {
  const Point at = commit.watermark;
  if (at < last_.watermark) {
    std::set<std::string, std::less<>> listed;
    for (const auto& frame : commit.open) listed.insert(frame.stream);
    for (const auto& [stream, first] : open_) {
      const Point start = std::max(first, at);
      if (start < last_.watermark && !listed.contains(stream)) {
        commit.open.push_back({stream, start});
      }
    }
    commit.watermark = last_.watermark;
  }
  keep_done(commit);
  return commit;
}

// Of the frames that start before the watermark, a replay meets those at which a stream is open.
void Replay::keep_done(Commit& commit) const {
  if (last_.done.empty()) return;
  const auto& mark = commit.watermark;
  std::set<std::pair<Offset, std::uint32_t>> open;
  for (const auto& frame : commit.open) open.emplace(frame.start.offset, frame.start.index);
  for (const auto& frame : last_.done) {
    const std::pair start(frame.offset, frame.index);
    if (start >= std::pair(mark.offset, mark.index) || open.contains(start)) {
      commit.done.push_back(frame);
    }
  }
}

Offset Replay::needed_in(const Commit& commit) noexcept {
  Offset needed = commit.watermark.offset;
  for (const auto& frame : commit.open) needed = std::min(needed, frame.start.offset);
  return needed;
}

}  // namespace millrace
