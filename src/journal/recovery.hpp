// Recovery: what the files of a journal hold, checked from the first byte to the last.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "journal/file_layer.hpp"
#include "journal/segment.hpp"
#include "journal/segment_reader.hpp"
#include "millrace/journal.hpp"

namespace millrace {

/// Bytes that should be log and are not.
struct Damage {
  enum class Kind { records, header, segment_missing };

  Kind kind = Kind::records;
  std::uint64_t segment = 0;
  std::uint64_t from = 0;  ///< in the segment's file
  std::uint64_t to = 0;
  std::string what;  ///< in words, with the file's name
  Offset first = 0;  ///< entries from here
  Offset next = 0;   ///< up to here are lost by it
};

/// Entries given up by a repair.
struct Gap {
  Offset first = 0;
  Offset next = 0;
};

struct Recovered {
  bool fresh = true;  ///< there is no journal here yet; all else is as it will begin
  std::uint32_t epoch = 0;
  std::string fingerprint;            ///< of the newest segment
  std::vector<SegmentInfo> segments;  ///< ascending, every end known
  Commit commit;                      ///< the last one
  Offset next_offset = 0;
  std::vector<Gap> gaps;
  std::vector<Damage> damages;
  std::optional<Damage> torn;  ///< what a write that was interrupted left at the end

  [[nodiscard]] bool backlog() const noexcept {
    return commit.watermark.offset < next_offset || !commit.open.empty();
  }
};

using RecordVisitor = std::function<void(const Record&, std::uint64_t segment)>;

/// Reads everything, changes nothing. Hears every good record in order where `visit` is given.
///
/// A bad record is part of a torn tail, which is normal, when it is in the newest segment and no
/// good record behind it says that it had been settled. Every other one is damage.
///
/// Errors: throws `JournalError` for what no repair helps: files that cannot be read, are of
/// another format version, or are no journal's.
[[nodiscard]] Recovered recover(const Folder& folder, const RecordVisitor& visit = {});

/// Throws `JournalError` where there are files and none is a journal's: the path is a mistake. To
/// be asked before the lock makes the folder one of a journal.
void refuse_other_files(const Folder& folder);

/// Throws `JournalError` with the first damage, and what to do about it, where there is any.
void refuse_damage(const Recovered& recovered, const Folder& folder);

/// Makes what was found durable: before it is called settled, by a segment that follows it.
/// Throws `JournalError`.
void sync_segments(const Folder& folder, const Recovered& found);

/// Gives back what an earlier run preallocated and did not come to use: for an owner that is about
/// to begin a segment. The log stays as it is, and so does what a torn tail consists of.
void give_back_room(const Folder& folder, Recovered& found);

}  // namespace millrace
