// FolderLock: one owner at a time for a journal.
#pragma once

#include "journal/file_layer.hpp"

namespace millrace {

/// Holds the journal's folder until it is destroyed, or the process is gone, however it ends
/// (flock on the file `lock`, which is never removed and holds the owner's process id).
///
/// Errors: throws `JournalError` when another process is the owner.
class FolderLock {
 public:
  explicit FolderLock(const Folder& folder);

 private:
  FileDescriptor fd_;
};

inline constexpr auto kLockName = "lock";

}  // namespace millrace
