// The program in a shell's pipeline: standard input, standard output.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "program.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kEnough{60};

class Pipeline : public ::testing::Test {
 protected:
  // `MILL` in the script is the program, without an endpoint.
  std::optional<int> shell(const std::string& script) {
    const std::string define =
        std::string("MILL='") + MILLRACE_PROGRAM +
        " --set http.listen= --set journal.path=journal --set sink.url=stdout:'; ";
    ChildProcess process(
        {"/bin/sh", "-c", "cd " + folder_.path().string() + "; " + define + script}, path("log"));
    return process.wait(kEnough);
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }

  TempFolder folder_;
};

TEST_F(Pipeline, HandsEveryLineThroughInOrder) {
  EXPECT_EQ(shell("seq 1 50000 >in; $MILL --set source.url=stdin: <in >out"), 0) << content("log");
  EXPECT_TRUE(content("out") == content("in"));
}

// Ten times more than there is room for, so that the source pauses and holds what was refused.
TEST_F(Pipeline, LosesNothingWhenThereIsNoRoomForAWhile) {
  EXPECT_EQ(shell("seq -f %0900.0f 1 20000 >in; cat in | $MILL --set source.url=stdin: "
                  "--set journal.durability=off --set limits.in_flight_bytes=2MiB --set "
                  "limits.partial_bytes=1MiB >out"),
            0)
      << content("log");
  EXPECT_TRUE(content("out") == content("in"));
  EXPECT_THAT(content("log"), HasSubstr("paused"));
}

TEST_F(Pipeline, EndsWithOneWhenNobodyReadsItsResults) {
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(shell("{ $MILL --set 'source.url=generate:?interval=1ms'; echo $? >code; } | head -2"),
            0);
  EXPECT_EQ(content("code"), "1\n");
  EXPECT_THAT(content("log"), HasSubstr("stdout: Broken pipe"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 15s) << "not only when the drain has ended";
}

TEST_F(Pipeline, EndsWithZeroWhenAskedToAlthoughTheInputGoesOn) {
  EXPECT_EQ(shell("mkfifo fifo; exec 3<>fifo; $MILL --set source.url=stdin: <fifo >out & "
                  "echo 7 >&3; until [ -s out ]; do :; done; kill -TERM $!; wait $!"),
            0)
      << content("log");
  EXPECT_EQ(content("out"), "7\n");
}

// The journal holds the beginning of a line when the process is killed. What came before it may
// come once more.
TEST_F(Pipeline, JoinsNoLineToOneThatAnEarlierProcessWasGiven) {
  EXPECT_EQ(shell("mkfifo fifo; exec 3<>fifo; $MILL --set source.url=stdin: <fifo >first & "
                  "printf 'whole\\nhalf a' >&3; "
                  "until grep -qs whole first && grep -qsra 'half a' journal; do :; done; "
                  "kill -KILL $!; wait $!; "
                  "echo ' line' | $MILL --set source.url=stdin: >second"),
            0)
      << content("log");
  EXPECT_EQ(content("first"), "whole\n");
  EXPECT_THAT(content("second"), ::testing::AnyOf(" line\n", "whole\n line\n"));
  EXPECT_THAT(content("log"), HasSubstr(R"("payload":"half a")"));
}

}  // namespace
}  // namespace millrace::test
