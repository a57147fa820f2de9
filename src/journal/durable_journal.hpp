// The journal of `journal.durability: process` and `power`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "millrace/config.hpp"
#include "millrace/journal.hpp"
#include "millrace/observer.hpp"

namespace millrace {

class FileLayer;

struct OpenOptions {
  /// Says under which source, framing and processing the entries are made; at most 64 bytes (a
  /// digest). A backlog made under another one is refused.
  std::string fingerprint;
  bool accept_backlog = false;  ///< take it nevertheless
  /// Hears of a torn tail and of what was left out.
  std::function<void(const Notice&)> notice;
  /// System calls, for tests that make them fail. Null: the real ones.
  std::shared_ptr<FileLayer> files;
  /// Bytes of one segment file; 0: a sixteenth of `max_bytes`, at most 64 MiB.
  std::uint64_t segment_bytes = 0;
};

/// Opens the journal in `config.path`, or makes one.
///
/// What an entry costs is its record: payload, stream, properties and at most 56 bytes. One entry
/// is always admitted when none waits; cuts and commits always are.
///
/// Errors: throws `JournalError` when it is in use by another process, damaged, of another format
/// version, made under another configuration, or when its folder cannot be used.
[[nodiscard]] JournalPtr open_durable_journal(const JournalConfig& config,
                                              const OpenOptions& options);

}  // namespace millrace
