// CrashCounts: how often each frame has crashed the process, over its starts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "evidence/crash_slots.hpp"
#include "journal/file_layer.hpp"
#include "millrace/journal.hpp"

namespace millrace {

/// The file `crash-counts`, in memory. A value. Threads: as an `int`.
struct CrashCounts {
  struct Count {
    unsigned crashes = 0;
    int last_signal = 0;  ///< 0: its call did not return

    friend bool operator==(const Count&, const Count&) = default;
  };

  std::uint64_t run = 0;  ///< the last one whose marks are counted in
  std::map<std::pair<Offset, std::uint32_t>, Count> frames;

  /// Counts the marks of that run in, unless they are already.
  void add(const CrashMarks& marks);

  /// Forgets frames that the journal will not hand out, or has not been given yet.
  void keep_only(const Backlog& backlog);

  friend bool operator==(const CrashCounts&, const CrashCounts&) = default;
};

inline constexpr auto kCrashCountsName = "crash-counts";

[[nodiscard]] std::string encode(const CrashCounts& counts, std::uint32_t epoch);

/// Nothing counted where there is no file, or it is another journal's.
[[nodiscard]] std::variant<CrashCounts, Unusable> read_crash_counts(const Folder& folder,
                                                                    std::uint32_t epoch);

}  // namespace millrace
