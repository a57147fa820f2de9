// Evidence: which frames crashed the process before, and which would be to blame if it did now.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "evidence/crash_counts.hpp"
#include "evidence/crash_handler.hpp"
#include "evidence/crash_slots.hpp"
#include "millrace/journal.hpp"
#include "millrace/observer.hpp"

namespace millrace {

struct EvidenceOptions {
  std::uint32_t epoch = 0;  ///< of the journal in the same folder
  Backlog backlog;          ///< of that journal
  unsigned workers = 1;
  unsigned attempts = 0;  ///< after how many crashes a frame is given up; 0: never
  /// Hears of every frame that is accused, and of files that could not be made use of.
  std::function<void(const Notice&)> notice;
};

/// Counts in what the run before left, then takes notes for the next one.
///
/// Threads: `crashes` from any; `hold` and `release` on the thread that works on the frame, one
/// frame at a time for each worker; `overran` on any while the frame is held.
/// Errors: the constructor throws `JournalError` where the files cannot be written.
class Evidence {
 public:
  Evidence(const Folder& folder, const EvidenceOptions& options);

  /// How often this frame has crashed the process in earlier runs.
  [[nodiscard]] unsigned crashes(const EventId& id) const noexcept;

  /// From now on this thread, as that worker, works on the frame. If it crashes, this is why.
  void hold(unsigned worker, const EventId& id, unsigned attempt) noexcept;

  /// … and it has not crashed.
  void release(unsigned worker) noexcept;

  /// The call has taken twice its timeout: that is a crash of the frame too, unless it is released.
  void overran(unsigned worker) noexcept;

 private:
  const std::uint32_t epoch_;
  CrashCounts counts_;
  CrashSlots slots_;
  const CrashHandler handler_;
};

/// The counts as the next start would find them, without changing anything. `why`, where not null,
/// gets a line for each file that cannot be made use of.
[[nodiscard]] CrashCounts pending_crashes(const Folder& folder, std::uint32_t epoch,
                                          const Backlog& backlog,
                                          const std::function<void(const std::string&)>& why);

/// Such as `SIGSEGV`, or that its call did not return.
[[nodiscard]] std::string describe(const CrashCounts::Count& count);

}  // namespace millrace
