// SmallDisk: a file system of a few megabytes, to be filled.
#pragma once

#include <cstdint>
#include <string>

#include "support/temp_folder.hpp"

namespace millrace::test {

/// A tmpfs, unmounted with its object. Errors: throws `std::runtime_error`; ask `possible` first.
class SmallDisk {
 public:
  [[nodiscard]] static bool possible();

  explicit SmallDisk(std::uint64_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] std::string path() const { return folder_.path().string(); }
  void resize(std::uint64_t bytes) const;
  void make_read_only() const;

 private:
  TempFolder folder_;
};

}  // namespace millrace::test
