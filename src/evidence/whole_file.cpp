#include "evidence/whole_file.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>

namespace millrace {
namespace {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

}  // namespace

std::optional<std::string> read_whole(const Folder& folder, const std::string& name) {
  const auto file = folder.open(name, O_RDONLY);
  if (!file) return std::nullopt;
  std::string bytes;
  std::array<char, 4096> part{};
  for (;;) {
    const auto got =
        folder.files().read(file.get(), part.data(), part.size(), static_cast<off_t>(bytes.size()));
    if (got == 0) return bytes;
    if (got > 0) {
      bytes.append(part.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      return std::nullopt;
    }
  }
}

std::error_code replace_whole(const Folder& folder, const std::string& name,
                              const std::string& bytes) {
  const auto fresh = name + ".new";
  const auto file = folder.open(fresh, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return last_error();
  const std::array<iovec, 1> all{{{const_cast<char*>(bytes.data()), bytes.size()}}};
  const auto written = folder.files().write(file.get(), all, 0);
  if (written < 0) return last_error();
  if (static_cast<std::size_t>(written) != bytes.size()) {
    return std::make_error_code(std::errc::io_error);
  }
  if (folder.files().sync(file.get()) != 0) return last_error();
  if (folder.rename(fresh, name) != 0) return last_error();
  if (folder.sync() != 0) return last_error();
  return {};
}

}  // namespace millrace
