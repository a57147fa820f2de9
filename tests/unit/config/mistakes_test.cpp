// One data file, one mistake, one line that explains it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "inputs.hpp"

namespace millrace::test {
namespace {

const std::string kMistakes = MILLRACE_TEST_DATA "/config/mistakes";

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(kMistakes)) {
    found.push_back(entry.path().stem().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string error_of(const ConfigInputs& inputs) {
  try {
    static_cast<void>(load_config(inputs));
    return "no error";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

// The folder has another name each time.
std::string placed(const std::string& error, const TempFolder& folder) {
  return replaced(replaced(error, folder.path().string() + "/", ""), folder.path().string(),
                  "{dir}");
}

class Mistake : public testing::TestWithParam<std::string> {};

TEST_P(Mistake, IsExplainedInOneLine) {
  const auto data =
      nlohmann::ordered_json::parse(std::ifstream(kMistakes + "/" + GetParam() + ".json"));
  const TempFolder folder;
  const std::string error = placed(error_of(inputs_of(data, folder)), folder);
  EXPECT_EQ(error, data["error"].get<std::string>());
  EXPECT_EQ(error.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(OfConfiguration, Mistake, testing::ValuesIn(names()),
                         [](const auto& mistake) { return mistake.param; });

TEST(Mistakes, AreManyMoreThanFifty) {
  EXPECT_GT(names().size(), 50U);
}

}  // namespace
}  // namespace millrace::test
