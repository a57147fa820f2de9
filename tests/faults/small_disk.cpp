#include "faults/small_disk.hpp"

#include <sys/mount.h>

#include <cerrno>
#include <system_error>

namespace millrace::test {
namespace {

bool mount_at(const std::string& path, std::uint64_t bytes, unsigned long flags) {
  const auto size = "size=" + std::to_string(bytes);
  return ::mount("none", path.c_str(), "tmpfs", flags, size.c_str()) == 0;
}

}  // namespace

bool SmallDisk::possible() {
  const TempFolder folder;
  const auto path = folder.path().string();
  return mount_at(path, 1U << 20U, 0) && ::umount(path.c_str()) == 0;
}

SmallDisk::SmallDisk(std::uint64_t bytes) {
  if (!mount_at(path(), bytes, 0)) throw std::system_error(errno, std::generic_category());
}

SmallDisk::~SmallDisk() {
  ::umount2(path().c_str(), MNT_DETACH);
}

void SmallDisk::resize(std::uint64_t bytes) const {
  if (!mount_at(path(), bytes, MS_REMOUNT)) {
    throw std::system_error(errno, std::generic_category());
  }
}

void SmallDisk::make_read_only() const {
  if (::mount("none", path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
    throw std::system_error(errno, std::generic_category());
  }
}

}  // namespace millrace::test
