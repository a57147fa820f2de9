// OfflineJournal: a journal that nobody runs, for the tools.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <variant>

#include "journal/file_layer.hpp"
#include "journal/lock.hpp"
#include "journal/recovery.hpp"
#include "millrace/frame.hpp"
#include "millrace/journal.hpp"

namespace millrace {

/// Locks the journal in a folder and reads it. Only what says so changes anything.
///
/// Threads: one. Errors: throws `JournalError`; when it is in use, when there is none, when it is
/// of another version.
class OfflineJournal {
 public:
  explicit OfflineJournal(const std::string& path);

  [[nodiscard]] const Folder& folder() const noexcept { return folder_; }
  [[nodiscard]] const Recovered& found() const noexcept { return found_; }

  /// Every entry that the next start would read and that can be read, in order.
  void waiting(const std::function<void(const Entry&)>& visit) const;

  /// What `skip` answers where it has not changed anything.
  struct NotWaiting {
    std::string why;
  };

  /// Records that this frame is done. The caller says how many frames a chunk can hold: with one
  /// frame a message, only index 0 exists. Throws where the journal is damaged.
  [[nodiscard]] std::variant<std::monostate, NotWaiting> skip(const EventId& id,
                                                              bool one_frame_a_chunk);

 private:
  Folder folder_;
  FolderLock lock_;
  Recovered found_;
};

/// Moves the files of the journal in this folder, and those that belong to it, into a sub-folder
/// named after `now`, whose path is the answer, so that the next start makes a fresh one. Reads
/// nothing of them.
[[nodiscard]] std::string set_aside_journal(const std::string& path,
                                            std::chrono::system_clock::time_point now);

/// Makes a new sub-folder, `<prefix>-<time>`, mode 0700.
[[nodiscard]] std::string make_dated_folder(const Folder& folder, const std::string& prefix,
                                            std::chrono::system_clock::time_point now);

}  // namespace millrace
