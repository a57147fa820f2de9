// `millrace demo` as a user runs it, but quicker.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"
#include "support/wait.hpp"

namespace millrace::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Demo : public ::testing::Test {
 protected:
  void start(const std::vector<std::string>& options) {
    std::vector<std::string> command{MILLRACE_PROGRAM, "demo"};
    command.insert(command.end(), options.begin(), options.end());
    process_ = std::make_unique<ChildProcess>(command, path_);
  }

  std::string output() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

  TempFolder folder_;
  const std::string path_ = (folder_.path() / "output").string();
  std::unique_ptr<ChildProcess> process_;
};

TEST_F(Demo, ShowsFiveWorkersKeepUpAndResultsInOrder) {
  start({"--interval", "100ms", "--work", "500ms"});
  ASSERT_EQ(process_->wait(kPatience), 0) << output();
  const std::string shown = output();
  const std::regex line(R"( +\d+\.\d s  (submitted|started|finished|result) +event +(\d+)(  .+)?)");
  std::map<std::string, std::vector<std::string>> steps;
  std::vector<std::string> results;
  int under_way = 0;
  std::istringstream lines(shown);
  for (std::string text; std::getline(lines, text);) {
    std::smatch match;
    if (!std::regex_match(text, match, line)) continue;
    steps[match[2]].push_back(match[1]);
    if (match[1] == "started") ++under_way;
    if (match[1] == "finished") --under_way;
    EXPECT_LE(under_way, 5);
    if (match[1] == "result") results.push_back(match[3].str().substr(2));
  }
  EXPECT_EQ(results,
            (std::vector<std::string>{"1", "4", "9", "16", "25", "36", "49", "64", "81", "100"}));
  ASSERT_EQ(steps.size(), 10U);
  for (const auto& [event, taken] : steps) {
    EXPECT_EQ(taken, (std::vector<std::string>{"submitted", "started", "finished", "result"}))
        << event;
  }
  const std::regex summary(
      R"(10 of 10 results, all in order, in (\d+\.\d) s; one after another the work takes 5\.0 s)");
  std::smatch match;
  ASSERT_TRUE(std::regex_search(shown, match, summary)) << shown;
  EXPECT_GE(std::stod(match[1]), 1.4);
  EXPECT_LT(std::stod(match[1]), 3.0) << "no better than one worker";
  EXPECT_THAT(shown, Not(HasSubstr("\x1b"))) << "no terminal, no colours";
}

TEST_F(Demo, EndsInOrderWhenInterrupted) {
  start({"--interval", "20ms", "--work", "60ms", "--events", "100000"});
  ASSERT_TRUE(
      wait_until([this] { return output().find("result     event") != std::string::npos; }));
  process_->signal(SIGINT);
  EXPECT_EQ(process_->wait(kPatience), 0);
  EXPECT_THAT(output(), HasSubstr("of 100000 results, all in order"));
}

}  // namespace
}  // namespace millrace::test
