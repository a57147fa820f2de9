// FramedLife: the smallest pipeline that a journal can have, as an independent model of one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "millrace/journal.hpp"

namespace millrace::test {

/// What a frame is known by: where it starts.
using FrameKey = std::pair<Offset, std::uint32_t>;

struct CutFrame {
  FrameKey key;
  std::string stream;
  std::string bytes;
  std::vector<std::pair<Offset, std::uint64_t>> places;  // of each byte
  Point start;
  Point after;  // where reading stood when it was complete
  bool done = false;
  bool skipped = false;  // the entry said that it was done
};

/// Cuts frames of 1 to 5 bytes (the first byte says how many) out of entries, and commits a prefix
/// of them as the pipeline does. A cut makes a frame of what its stream left.
class FramedLife {
 public:
  void take(const Entry& entry) {
    next_index_[entry.offset] = entry.first_index;
    done_in_[entry.offset] = entry.done;
    if (const auto* chunk = std::get_if<Chunk>(&entry.what)) {
      const auto bytes = chunk->bytes.view();
      Stream& stream = streams_[chunk->stream];
      for (auto at = entry.from_byte; at < bytes.size(); ++at) {
        stream.bytes += bytes[at];
        stream.places.emplace_back(entry.offset, at);
        const auto length = 1U + static_cast<std::uint8_t>(stream.bytes[0]) % 5U;
        if (stream.bytes.size() < length) continue;
        const bool last = at + 1 == bytes.size();
        cut(chunk->stream, last ? Point{entry.offset + 1, 0, 0} : Point{entry.offset, at + 1, 0});
      }
    } else {
      const auto& name = std::get<Cut>(entry.what).stream;
      if (!streams_[name].bytes.empty()) cut(name, {entry.offset + 1, 0, 0});
    }
    passed_ = {entry.offset + 1, 0, 0};
  }

  /// The commit that all done frames allow, and the frames it covers, which are forgotten.
  std::pair<Commit, std::vector<CutFrame>> commit() {
    std::vector<CutFrame> covered;
    Commit commit;
    commit.watermark = committed_;
    while (!frames.empty() && frames.front().done) {
      commit.watermark = frames.front().after;
      covered.push_back(std::move(frames.front()));
      frames.pop_front();
    }
    if (frames.empty()) commit.watermark = passed_;
    committed_ = commit.watermark;
    for (const auto& [name, stream] : streams_) {
      if (!stream.bytes.empty()) add_open(commit, name, start_of(stream));
    }
    for (const auto& frame : frames) {
      add_open(commit, frame.stream, frame.start);
      if (frame.done) commit.done.push_back({frame.key.first, frame.key.second});
    }
    return {commit, std::move(covered)};
  }

  std::deque<CutFrame> frames;  // cut and not covered by a commit

 private:
  struct Stream {
    std::string bytes;
    std::vector<std::pair<Offset, std::uint64_t>> places;
  };

  Point start_of(const Stream& stream) const {
    const auto [offset, byte] = stream.places.front();
    return {offset, byte, next_index_.at(offset)};
  }

  static void add_open(Commit& commit, const std::string& stream, const Point& start) {
    if (start < commit.watermark) commit.open.push_back({stream, start});
  }

  void cut(const std::string& name, Point after) {
    Stream& stream = streams_[name];
    CutFrame frame;
    frame.stream = name;
    frame.start = start_of(stream);
    frame.key = {frame.start.offset, next_index_[frame.start.offset]++};
    if (after.byte > 0) after.index = next_index_[after.offset];
    frame.after = after;
    frame.bytes = std::move(stream.bytes);
    frame.places = std::move(stream.places);
    for (const auto index : done_in_[frame.key.first]) {
      if (index == frame.key.second) frame.done = frame.skipped = true;
    }
    stream = {};
    frames.push_back(std::move(frame));
  }

  std::map<std::string, Stream> streams_;
  std::map<Offset, std::uint32_t> next_index_;
  std::map<Offset, std::vector<std::uint32_t>> done_in_;
  Point passed_;
  Point committed_;
};

}  // namespace millrace::test
