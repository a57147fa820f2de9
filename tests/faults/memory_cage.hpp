// MemoryCage: a control group with a memory limit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace millrace::test {

/// Version 1 or 2 of the kernel's control groups, whichever has the memory controller here.
///
/// Errors: throws `std::runtime_error` where it cannot be made; ask `possible` first.
class MemoryCage {
 public:
  [[nodiscard]] static bool possible();

  explicit MemoryCage(std::uint64_t bytes);
  ~MemoryCage();
  MemoryCage(const MemoryCage&) = delete;
  MemoryCage& operator=(const MemoryCage&) = delete;

  /// Executes a command within, to put before it.
  [[nodiscard]] std::vector<std::string> wrapper() const;

 private:
  std::filesystem::path folder_;
};

}  // namespace millrace::test
