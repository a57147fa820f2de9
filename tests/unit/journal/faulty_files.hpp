// FaultyFiles: a disk that fails when a test says so.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>

#include "journal/file_layer.hpp"

namespace millrace::test {

/// Passes everything through until told otherwise.
class FaultyFiles final : public FileLayer {
 public:
  ssize_t write(int fd, std::span<const iovec> parts, off_t at) noexcept override {
    ++writes;
    if (write_errno != 0) {
      errno = write_errno;
      return -1;
    }
    if (short_by > 0) {
      const iovec first{.iov_base = parts[0].iov_base, .iov_len = parts[0].iov_len - short_by};
      return FileLayer::write(fd, {&first, 1}, at);
    }
    return FileLayer::write(fd, parts, at);
  }
  ssize_t read(int fd, void* to, std::size_t count, off_t at) noexcept override {
    if (read_errno != 0) {
      errno = read_errno;
      return -1;
    }
    return FileLayer::read(fd, to, count, at);
  }
  int sync(int fd) noexcept override {
    ++syncs;
    if (on_sync) on_sync();
    if (sync_errno != 0) {
      errno = sync_errno;
      return -1;
    }
    return sync_is_slow ? FileLayer::sync(fd) : 0;
  }
  int sync_folder(int fd) noexcept override {
    ++folder_syncs;
    return sync_is_slow ? FileLayer::sync_folder(fd) : 0;
  }
  int allocate(int fd, off_t bytes) noexcept override {
    return allocate_errno != 0 ? allocate_errno : FileLayer::allocate(fd, bytes);
  }

  int write_errno = 0;
  int read_errno = 0;
  int sync_errno = 0;
  int allocate_errno = 0;
  std::size_t short_by = 0;
  bool sync_is_slow = true;  // false: no call, where only the process is going to be killed
  std::function<void()> on_sync;
  std::atomic<unsigned> writes = 0;
  std::atomic<unsigned> syncs = 0;
  std::atomic<unsigned> folder_syncs = 0;
};

}  // namespace millrace::test
