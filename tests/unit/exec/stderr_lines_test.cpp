#include "exec/stderr_lines.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "event/event_id.hpp"

namespace millrace::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StandardError : public ::testing::Test {
 protected:
  StandardError() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("pipe2");
    theirs_ = OwnedFd(ends[1]);
    lines_.emplace(OwnedFd(ends[0]), [this](const EventId* event, const std::string& line) {
      heard_.push_back((event != nullptr ? to_string(*event) : "none") + ": " + line);
    });
  }

  void write(const std::string& text) const {
    ASSERT_EQ(::write(theirs_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  OwnedFd theirs_;
  std::vector<std::string> heard_;
  std::optional<StderrLines> lines_;
};

TEST_F(StandardError, IsHeardLineByLine) {
  write("one\ntwo\nthr");
  lines_->drain();
  EXPECT_THAT(heard_, ElementsAre("none: one", "none: two"));
  write("ee\n");
  lines_->drain();
  EXPECT_THAT(heard_, ElementsAre("none: one", "none: two", "none: three"));
}

TEST_F(StandardError, BelongsToTheEventThatWasGivenBeforeItWasWritten) {
  lines_->event({1, 2, 3});
  write("about the first\n");
  lines_->event({1, 2, 4});
  write("about the second\n");
  lines_->drain();
  EXPECT_THAT(heard_,
              ElementsAre("00000001-2.3: about the first", "00000001-2.4: about the second"));
}

TEST_F(StandardError, IsCutWhereALineIsLong) {
  write(std::string(1000, 'x') + "\n" + std::string(3000, 'y') + "\nz\n");
  lines_->drain();
  EXPECT_THAT(heard_, ElementsAre("none: " + std::string(1000, 'x'),
                                  "none: " + std::string(1000, 'y') + "… (cut)", "none: z"));
}

TEST_F(StandardError, EndsWithALineThatNothingHasEnded) {
  write("last words");
  theirs_.close();
  lines_->drain();
  EXPECT_THAT(heard_, IsEmpty());
  EXPECT_EQ(lines_->fd(), -1);
  lines_->finish();
  EXPECT_THAT(heard_, ElementsAre("none: last words"));
}

}  // namespace
}  // namespace millrace::test
