#include "faults/memory_cage.hpp"

#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>

namespace millrace::test {
namespace {

struct Hierarchy {
  const char* folder;
  const char* limit;
};
constexpr std::array<Hierarchy, 2> kHierarchies{
    {{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, {"/sys/fs/cgroup", "memory.max"}}};

// Made with the limit in it, or an empty path.
std::filesystem::path make_group(std::uint64_t bytes) {
  static int made = 0;
  const auto name = "millrace-test-" + std::to_string(::getpid()) + "-" + std::to_string(++made);
  for (const auto& hierarchy : kHierarchies) {
    const auto folder = std::filesystem::path(hierarchy.folder) / name;
    std::error_code error;
    if (!std::filesystem::create_directory(folder, error)) continue;
    // In a control group's folder a file that is not there cannot be made.
    std::ofstream limit(folder / hierarchy.limit);
    if (limit << bytes << std::flush) return folder;
    std::filesystem::remove(folder, error);
  }
  return {};
}

}  // namespace

bool MemoryCage::possible() {
  const auto folder = make_group(1U << 30U);
  std::error_code ignored;
  if (!folder.empty()) std::filesystem::remove(folder, ignored);
  return !folder.empty();
}

MemoryCage::MemoryCage(std::uint64_t bytes) : folder_(make_group(bytes)) {
  if (folder_.empty()) throw std::runtime_error("no control group for memory");
}

MemoryCage::~MemoryCage() {
  std::error_code ignored;
  std::filesystem::remove(folder_, ignored);
}

std::vector<std::string> MemoryCage::wrapper() const {
  return {"/bin/sh", "-c", "echo $$ >" + (folder_ / "cgroup.procs").string() + R"( && exec "$@")",
          "sh"};
}

}  // namespace millrace::test
