#include "journal/file_layer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "journal/journal_error.hpp"

namespace millrace {

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

ssize_t FileLayer::write(int fd, std::span<const iovec> parts, off_t at) noexcept {
  return ::pwritev(fd, parts.data(), static_cast<int>(parts.size()), at);
}

ssize_t FileLayer::read(int fd, void* to, std::size_t count, off_t at) noexcept {
  return ::pread(fd, to, count, at);
}

int FileLayer::sync(int fd) noexcept {
  return ::fdatasync(fd);
}

int FileLayer::sync_folder(int fd) noexcept {
  return ::fsync(fd);
}

int FileLayer::allocate(int fd, off_t bytes) noexcept {
  int error = EINTR;
  while (error == EINTR) error = ::posix_fallocate(fd, 0, bytes);
  return error;
}

std::string error_text(int error) {
  return std::generic_category().message(error);
}

Folder::Folder(std::string path, std::shared_ptr<FileLayer> files, bool create)
    : path_(std::move(path)), files_(std::move(files)) {
  if (create && ::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST) {
    throw JournalError("journal: cannot create the folder " + path_ + ": " + error_text(errno) +
                       "; create it, or set journal.path to a folder that can be written");
  }
  fd_ = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd_) {
    throw JournalError("journal: cannot open the folder " + path_ + ": " + error_text(errno) +
                       "; check journal.path");
  }
}

FileDescriptor Folder::open(const std::string& name, int flags) const noexcept {
  return FileDescriptor(::openat(fd_.get(), name.c_str(), flags | O_CLOEXEC, 0600));
}

int Folder::rename(const std::string& from, const std::string& to) const noexcept {
  return ::renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str());
}

int Folder::remove(const std::string& name) const noexcept {
  return ::unlinkat(fd_.get(), name.c_str(), 0);
}

int Folder::sync() const noexcept {
  return files_->sync_folder(fd_.get());
}

std::vector<std::string> Folder::names() const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator file(path_, error);
  for (; !error && file != std::filesystem::directory_iterator(); file.increment(error)) {
    if (file->symlink_status(error).type() == std::filesystem::file_type::regular) {
      names.push_back(file->path().filename().string());
    }
  }
  if (error) {
    throw JournalError("journal: cannot list the folder " + path_ + ": " + error.message());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace millrace
