// KeyLog: the window on disk.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <system_error>
#include <vector>

#include "dedupe/seen_keys.hpp"
#include "journal/file_layer.hpp"

namespace millrace {

struct KeyLogOptions {
  std::uint32_t epoch = 0;  ///< of the journal in the same folder
  Offset next = 0;          ///< which that journal gives next: keys of later ones are void
  bool power = false;       ///< `flush` syncs
};

/// See FORMAT.md for what is on disk.
///
/// Threads: `add` on one; `flush` by one at a time.
/// Errors: the constructor throws `JournalError`. An error of `flush` is final.
class KeyLog {
 public:
  /// Fills `keys` with what the folder holds. Generations are as long as its capacity.
  KeyLog(Folder folder, const KeyLogOptions& options, SeenKeys& keys);

  /// Is written by the next flush.
  void add(const SeenKey& key);

  /// Writes what was added before the call, as durably as configured.
  [[nodiscard]] std::error_code flush();

 private:
  std::error_code write_pending(const std::vector<SeenKey>& keys);
  std::error_code begin(std::uint64_t number, std::uint64_t previous,
                        const std::vector<SeenKey>& keys);
  std::error_code write(const FileDescriptor& file, const std::string& bytes,
                        std::uint64_t at) const;
  std::string encoded(const std::vector<SeenKey>& keys, std::uint64_t number, std::uint64_t first,
                      bool each_settles) const;
  void remove_all_but(std::uint64_t first_kept) const;

  const Folder folder_;
  const KeyLogOptions options_;
  const std::size_t capacity_;

  std::mutex mutex_;
  std::vector<SeenKey> added_;  // not yet written

  // Of `flush` alone:
  FileDescriptor file_;
  std::uint64_t number_ = 0;
  std::uint64_t records_ = 0;  // in the newest generation
  std::uint64_t synced_ = 0;   // of those
  std::error_code failure_;
};

}  // namespace millrace
