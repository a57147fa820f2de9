#include "journal/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "journal/journal_error.hpp"

namespace millrace {
namespace {

std::string owner(int fd) {
  std::array<char, 32> text{};
  const auto size = ::pread(fd, text.data(), text.size(), 0);
  const std::string digits(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return digits.substr(0, digits.find('\n'));
}

}  // namespace

FolderLock::FolderLock(const Folder& folder) : fd_(folder.open(kLockName, O_RDWR | O_CREAT)) {
  if (!fd_) {
    throw JournalError("journal: cannot open " + folder.path() + "/" + kLockName + ": " +
                       error_text(errno) + "; the journal's folder must be writable");
  }
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      throw JournalError("journal: cannot lock " + folder.path() + ": " + error_text(errno));
    }
    throw JournalError("journal: " + folder.path() + " is in use by process " + owner(fd_.get()) +
                       "; stop that one first, or give this instance a journal.path of its own");
  }
  const auto text = std::to_string(::getpid()) + "\n";
  // The id is for people; nothing depends on it.
  if (::ftruncate(fd_.get(), 0) != 0 || ::pwrite(fd_.get(), text.data(), text.size(), 0) < 0)
    return;
}

}  // namespace millrace
