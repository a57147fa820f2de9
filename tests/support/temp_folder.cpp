#include "support/temp_folder.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace millrace::test {

TempFolder::TempFolder() {
  auto pattern = (std::filesystem::temp_directory_path() / "millrace-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::write(const std::string& name, const std::string& content) const {
  const auto file = path_ / name;
  std::ofstream(file) << content;
  return file.string();
}

}  // namespace millrace::test
