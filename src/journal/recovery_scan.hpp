// RecoveryScan: one pass over the segments of a journal, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "journal/format.hpp"
#include "journal/recovery.hpp"

namespace millrace {

/// Fills a `Recovered` segment by segment.
class RecoveryScan {
 public:
  RecoveryScan(const Folder& folder, Recovered& found, const RecordVisitor& visit);

  struct File {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
    std::optional<SegmentHeader> header;  ///< none where it is damaged
    std::optional<std::uint64_t> end;     ///< of its log, where the next segment says so
    bool newest = false;
  };

  void missing(std::uint64_t first, std::uint64_t last);
  void segment(const File& file);
  void finish();

 private:
  std::uint64_t records(SegmentReader& reader, const File& file, std::uint64_t limit);
  bool accept(const Record& record, std::uint64_t segment);
  std::optional<std::uint64_t> good_after(SegmentReader& reader, std::uint64_t bad,
                                          std::uint64_t limit, bool must_be_settled);
  SegmentReader::Found read(SegmentReader& reader, std::uint64_t at, std::uint64_t limit);
  std::uint64_t torn(SegmentReader& reader, std::uint64_t at, std::uint64_t limit);
  [[noreturn]] void does_not_follow(std::uint64_t segment) const;
  void damaged(Damage damage);
  void known(Offset offset);

  const Folder& folder_;
  Recovered& found_;
  const RecordVisitor& visit_;
  bool offset_known_ = false;  // false behind damage: the next record says it
  std::size_t accounted_ = 0;  // damages whose lost entries are known
};

}  // namespace millrace
