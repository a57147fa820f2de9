// Repair: makes a damaged journal readable again, by the operator's decision.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "journal/offline_journal.hpp"
#include "journal/recovery.hpp"

namespace millrace {

struct RepairReport {
  std::vector<Damage> damages;  ///< that are mended now, with the entries that they cost
  std::string kept;             ///< folder with the files as they were; empty where none was there
};

/// Puts a gap in the place of everything that cannot be read. A file that it changes is kept in a
/// sub-folder named after `now`. Nothing to do is no error.
///
/// Errors: throws `JournalError` for what cannot be mended.
[[nodiscard]] RepairReport repair_journal(const OfflineJournal& journal,
                                          std::chrono::system_clock::time_point now);

}  // namespace millrace
