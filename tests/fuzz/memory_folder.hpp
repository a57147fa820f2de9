// MemoryFolder: a folder of this process, in memory where the system has such a place.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "journal/file_layer.hpp"
#include "support/temp_folder.hpp"

namespace millrace::fuzz {

/// The files in it by their names.
using Files = std::map<std::string, std::string>;

class MemoryFolder {
 public:
  [[nodiscard]] const std::string& path() const { return path_; }

  [[nodiscard]] Files load() const {
    Files files;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      files[entry.path().filename().string()] = {std::istreambuf_iterator<char>(in), {}};
    }
    return files;
  }

  /// Leaves these files there and no others.
  void save(const Files& files) const {
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      std::filesystem::remove_all(entry.path());
    }
    for (const auto& [name, bytes] : files) {
      std::ofstream(std::filesystem::path(path_) / name, std::ios::binary) << bytes;
    }
  }

 private:
  static std::filesystem::path in_memory() {
    const std::filesystem::path shared("/dev/shm");
    return ::access(shared.c_str(), W_OK) == 0 ? shared : std::filesystem::temp_directory_path();
  }

  const test::TempFolder folder_{in_memory()};
  const std::string path_ = folder_.path();
};

/// Files whose room is not filled and that are not synced: nobody pulls the plug here.
class QuickFiles final : public FileLayer {
 public:
  int sync(int) noexcept override { return 0; }
  int sync_folder(int) noexcept override { return 0; }
  int allocate(int fd, off_t bytes) noexcept override { return ::ftruncate(fd, bytes); }
};

}  // namespace millrace::fuzz
