#include "config/read_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace millrace {
namespace {

constexpr std::size_t kMaxBytes = 16U << 20;

struct Close {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};

}  // namespace

std::error_code read_file(const std::string& path, std::string& bytes) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return {errno, std::generic_category()};
  std::array<char, 4096> piece{};
  std::size_t size = 0;
  while ((size = std::fread(piece.data(), 1, piece.size(), file.get())) > 0) {
    bytes.append(piece.data(), size);
    if (bytes.size() > kMaxBytes) return std::make_error_code(std::errc::file_too_large);
  }
  if (std::ferror(file.get()) != 0) return {errno, std::generic_category()};
  return {};
}

}  // namespace millrace
