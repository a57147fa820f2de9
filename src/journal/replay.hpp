// Replay: what a restart hands out again, and what a commit means while it does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/segment_reader.hpp"
#include "millrace/journal.hpp"

namespace millrace {

/// The last commit before a restart.
///
/// Threads: immutable.
class Replay {
 public:
  explicit Replay(Commit last);

  struct Begin {
    std::uint64_t byte = 0;
    std::uint32_t index = 0;
  };

  /// Where framing begins in this entry, or nothing where the entry is not needed any more. `bytes`
  /// counts a chunk's; a cut has none.
  [[nodiscard]] std::optional<Begin> begin_of(Offset offset, std::string_view stream,
                                              std::optional<std::uint64_t> bytes) const;

  /// The entry that a record of a chunk or a cut holds, as it is to be handed out, if it is.
  [[nodiscard]] std::optional<Entry> entry_of(const Record& record) const;

  /// Frames that start in this entry, from `first_index` on, and are done.
  [[nodiscard]] std::vector<std::uint32_t> done_in(Offset offset, std::uint32_t first_index) const;

  /// What to record when the work begun since the restart has come as far as `commit`. As long as
  /// that is behind the last watermark, only entries of the streams left open then are read, so its
  /// watermark speaks of those alone: the record keeps the old one, and lists those streams.
  [[nodiscard]] Commit continued(Commit commit) const;

  /// The first entry that is needed.
  [[nodiscard]] Offset needed() const noexcept { return needed_in(last_); }
  [[nodiscard]] static Offset needed_in(const Commit& commit) noexcept;

  [[nodiscard]] const Commit& last() const noexcept { return last_; }

 private:
  void keep_done(Commit& commit) const;

  Commit last_;                                     // its done frames ascending
  std::map<std::string, Point, std::less<>> open_;  // where the first open frame of a stream starts
};

}  // namespace millrace
