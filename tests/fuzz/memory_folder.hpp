// MemoryFolder: a folder of this process, in memory where the system has such a place.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>

#include "journal/file_layer.hpp"

namespace millrace::fuzz {

/// The files in it by their names.
using Files = std::map<std::string, std::string>;

class MemoryFolder {
 public:
  MemoryFolder() {
    const std::filesystem::path shared("/dev/shm");
    const bool usable = ::access(shared.c_str(), W_OK) == 0;
    const auto base = usable ? shared : std::filesystem::temp_directory_path();
    std::string name = (base / "millrace-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~MemoryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;

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
  std::string path_;
};

/// Files whose room is not filled and that are not synced: nobody pulls the plug here.
class QuickFiles final : public FileLayer {
 public:
  int sync(int) noexcept override { return 0; }
  int sync_folder(int) noexcept override { return 0; }
  int allocate(int fd, off_t bytes) noexcept override { return ::ftruncate(fd, bytes); }
};

}  // namespace millrace::fuzz
