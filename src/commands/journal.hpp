// millrace journal
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "millrace/config.hpp"

namespace millrace {

enum class JournalAction { stat, list, export_all, skip, repair, set_aside };

struct JournalArguments {
  JournalAction action = JournalAction::stat;
  std::string id;  ///< of the event to skip
};

/// Looks at the journal in `journal.path`, or mends it, while no millrace runs on it; JSON, one
/// object a line, goes to `out`.
///
/// - stat: one object with all there is to know, damage and frames that crashed the process
///   included
/// - list: an object for each entry that the next start would read
/// - export: as list, with payload and properties
/// - skip ID: that event counts as done; it is not processed, and nothing is emitted for it
/// - repair: an object for each damage, which becomes a gap; the files as they were are kept
/// - set-aside: moves the files into a sub-folder, so that the next start makes a fresh journal
///
/// The exit code: 0; 1 where the event to skip does not wait there; 2 where its id is no id; 3
/// where the journal is in use, not there, or damaged (`list` and `export` print what can be read
/// then).
[[nodiscard]] int journal(const JournalArguments& arguments, const Config& config,
                          std::ostream& out, std::ostream& err);

}  // namespace millrace
