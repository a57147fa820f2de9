#include "asked.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace millrace::test {

nlohmann::json status(const Program& millrace) {
  return nlohmann::json::parse(millrace.ask("/status"), nullptr, false);
}

double metric(const std::string& text, const std::string& name) {
  const auto at = ("\n" + text).find("\n" + name + " ");
  EXPECT_NE(at, std::string::npos) << name << " is not in\n" << text;
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 1));
}

std::string promtool_says(const std::string& metrics) {
  TempFolder folder;
  const auto input = (folder.path() / "metrics").string();
  const auto said = (folder.path() / "said").string();
  std::ofstream(input) << metrics;
  const int code = run_command({"sh", "-c", "promtool check metrics <" + input}, said);
  return code == 0 ? read_file(said) : std::to_string(code) + ": " + read_file(said);
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace millrace::test
