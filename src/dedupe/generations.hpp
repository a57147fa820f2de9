// Generations: what the files of the window hold, checked from the first byte to the last.
#pragma once

#include <cstdint>
#include <functional>

#include "dedupe/format.hpp"
#include "journal/file_layer.hpp"

namespace millrace {

/// What was found.
struct FoundGenerations {
  std::uint64_t number = 0;   ///< of the newest; 0: there is none of this journal
  std::uint64_t records = 0;  ///< in it
  bool torn = false;          ///< what stands behind them was being written when it ended
};

/// Reads all records of the window, oldest first, and changes nothing.
///
/// Errors: throws `JournalError` for damage, another format version, and what cannot be read.
[[nodiscard]] FoundGenerations read_generations(const Folder& folder, std::uint32_t epoch,
                                                const std::function<void(const SeenKey&)>& visit);

}  // namespace millrace
