// A command that does not work: whose fault that is, and that it goes on when it does.
#include <gmock/gmock.h>

#include <filesystem>

#include "exec_case.hpp"
#include "support/temp_folder.hpp"

namespace millrace::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class HeldCase : public ExecCase {
 protected:
  bool not_at_work(const std::string& why) {
    return wait_until(
        [&] {
          const auto state = observer.state();
          return !state.ok && state.reason.find(why) != std::string::npos;
        },
        kGenerous);
  }
  bool at_work() {
    return wait_until([this] { return observer.state().ok; }, kGenerous);
  }
  // As `mv` would bring it: whole at once.
  void install(const std::string& script) {
    folder_.write("new", script);
    std::filesystem::permissions(folder_.path() / "new", std::filesystem::perms::owner_all);
    std::filesystem::rename(folder_.path() / "new", command());
  }
  std::string command() const { return (folder_.path() / "command").string(); }

  TempFolder folder_;
};

TEST_F(HeldCase, WaitsForACommandThatDoesNotExistAndGoesOnWhenItAppears) {
  config.processing.command = {command()};
  start();
  EXPECT_TRUE(not_at_work("cannot start " + command() + ": No such file or directory"));
  for (int i = 0; i < 10; ++i) EXPECT_THAT(attempt("x"), StartsWith("held: exec: cannot start"));
  install("#!/bin/sh\nexec cat\n");
  EXPECT_EQ(process("x"), "result: x");
  EXPECT_TRUE(at_work());
}

TEST_F(HeldCase, IsAtWorkAgainWithoutAnyEvent) {
  config.processing.command = {command()};
  start();
  EXPECT_TRUE(not_at_work("cannot start"));
  install("#!/bin/sh\nexec cat\n");
  EXPECT_TRUE(at_work());
}

TEST_F(HeldCase, SaysWhyACommandCannotBeExecuted) {
  folder_.write("command", "#!/bin/sh\n");
  config.processing.command = {command()};
  start();
  EXPECT_TRUE(not_at_work("cannot start " + command() + ": Permission denied"));
}

TEST_F(HeldCase, ChargesNoEventWhileNoProcessHasEverAnswered) {
  config.processing.command = {"/bin/sh", "-c", "read line; exit 7"};
  start();
  for (int i = 0; i < 10; ++i) EXPECT_THAT(attempt("x"), StartsWith("held: "));
  EXPECT_TRUE(not_at_work("exited with code 7"));
}

TEST_F(HeldCase, BacksOffACommandThatEndsAtOnce) {
  config.processing.command = {"/bin/sh", "-c", "echo . >> " + command() + "; exit 0"};
  config.processing.workers = 1;
  config.processing.backoff = config.processing.backoff_max = 24h;
  start();
  EXPECT_TRUE(not_at_work("exited with code 0"));
  Attempt attempt;
  attempt.deadline = std::chrono::steady_clock::now() + kGenerous;
  const Verdict verdict = exec->process(frame_of("x", 0), attempt);
  EXPECT_GT(std::get<Failed>(verdict).again_in.value(), 23h);
  EXPECT_EQ(std::filesystem::file_size(command()), 2U) << "started once";
}

TEST_F(HeldCase, ChargesAnEventOnceAProcessHasAnswered) {
  start();
  EXPECT_THAT(attempt("exit"), StartsWith("held: exec: the worker process exited with code 3"));
  warm_up();
  EXPECT_THAT(attempt("exit"), StartsWith("failed: exec: the worker process exited with code 3"));
}

TEST_F(HeldCase, ChargesNoEventThatAProcessHasNotBegunToRead) {
  config.processing.workers = 1;
  config.processing.command = {"/bin/sh", "-c",
                               "read line; echo \"$line\"; while :; do sleep 100; done"};
  start();
  EXPECT_EQ(process("x"), "result: x");
  EXPECT_THAT(attempt("y", 300ms), StartsWith("held: exec: the worker process has not answered"));
}

TEST_F(HeldCase, GoesOnHoldingWhenTheCommandBreaksLater) {
  install("#!/bin/sh\nread line; echo \"$line\"\n");
  config.processing.command = {command()};
  start();
  EXPECT_EQ(process("x"), "result: x");
  std::filesystem::remove(command());
  EXPECT_TRUE(wait_until([this] { return attempt("x").starts_with("held: exec: cannot start"); },
                         kGenerous));
  EXPECT_TRUE(not_at_work("No such file"));
  install("#!/bin/sh\nexec cat\n");
  EXPECT_EQ(process("x"), "result: x");
  EXPECT_TRUE(at_work());
}

}  // namespace
}  // namespace millrace::test
