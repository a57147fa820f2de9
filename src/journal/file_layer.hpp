// FileLayer: the system calls of the journal, replaceable so that a test can make them fail.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

/// One open file, closed with its owner. Never inherited by a child process.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// The calls whose failure the journal must survive or report. Each answers as the call it is named
/// after in its comment: -1 with errno, but for `allocate`.
///
/// Threads: any, several at once.
class FileLayer {
 public:
  virtual ~FileLayer() = default;
  virtual ssize_t write(int fd, std::span<const iovec> parts, off_t at) noexcept;  // pwritev
  virtual ssize_t read(int fd, void* to, std::size_t count, off_t at) noexcept;    // pread
  virtual int sync(int fd) noexcept;                                               // fdatasync
  virtual int sync_folder(int fd) noexcept;                                        // fsync
  virtual int allocate(int fd, off_t bytes) noexcept;  // posix_fallocate
};

/// A folder by descriptor: the files in it are reached even when its path changes.
///
/// Threads: any, several at once. Errors: -1 with errno, but for the constructor.
class Folder {
 public:
  /// Throws `JournalError`. With `create`, the folder itself (not its parents) is made, mode 0700.
  Folder(std::string path, std::shared_ptr<FileLayer> files, bool create);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] FileLayer& files() const noexcept { return *files_; }

  /// Opens with O_CLOEXEC; what is created has mode 0600.
  [[nodiscard]] FileDescriptor open(const std::string& name, int flags) const noexcept;
  [[nodiscard]] int rename(const std::string& from, const std::string& to) const noexcept;
  [[nodiscard]] int remove(const std::string& name) const noexcept;
  [[nodiscard]] int sync() const noexcept;

  /// Names of the regular files in it, sorted. Throws `JournalError`.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::string path_;
  std::shared_ptr<FileLayer> files_;
  FileDescriptor fd_;
};

/// The text of an errno value.
[[nodiscard]] std::string error_text(int error);

}  // namespace millrace
