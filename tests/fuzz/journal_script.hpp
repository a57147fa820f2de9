// A journal that an input's script has written, and what is known of it without reading it.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/memory_folder.hpp"
#include "journal/durable_journal.hpp"
#include "millrace/journal.hpp"

namespace millrace::fuzz {

/// What was appended, in order of the offsets.
struct Written {
  std::string stream;
  bool chunk = true;
  std::string bytes;
};

/// Everything that a commit has promised so far.
struct JournalScript {
  std::vector<Written> entries;
  Point watermark;         ///< of the furthest commit
  std::size_t starts = 0;  ///< how often it was opened
};

/// Opens the journal in `folder`: no syncs, small segments, a fixed configuration.
[[nodiscard]] JournalPtr open_in(const MemoryFolder& folder, bool accept_backlog = false);

/// Writes a journal there, of a fixed epoch, so that one input makes the same files always.
[[nodiscard]] JournalScript write_journal(FuzzedDataProvider& in, const MemoryFolder& folder);

/// Every entry that can be read now.
[[nodiscard]] std::vector<Entry> drain(Journal& journal);

}  // namespace millrace::fuzz
