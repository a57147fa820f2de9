#include "source/stdin_source.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "unit/source/recording_intake.hpp"

namespace millrace {
namespace {

const std::error_code kFull = std::make_error_code(std::errc::no_buffer_space);

class StdinSourceTest : public testing::Test {
 protected:
  StdinSourceTest() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~StdinSourceTest() override {
    source_.reset();
    ::close(ends_[0]);
    close_input();
  }

  void start() {
    source_ = make_stdin_source(ends_[0]);
    source_->start(intake_);
    ASSERT_TRUE(intake_.wait_for_cuts(1)) << "the stream begins afresh";
  }

  void type(const std::string& bytes) const {
    EXPECT_EQ(::write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  void close_input() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

  std::array<int, 2> ends_{-1, -1};
  RecordingIntake intake_;
  SourcePtr source_;
};

TEST_F(StdinSourceTest, HandsInBytesAsTheyCome) {
  start();
  EXPECT_TRUE(intake_.connection().ok);
  type("one\ntw");
  ASSERT_TRUE(intake_.wait_for_bytes(6));
  type("o\n");
  ASSERT_TRUE(intake_.wait_for_bytes(8));
  EXPECT_EQ(intake_.bytes(), "one\ntwo\n");
  EXPECT_EQ(intake_.chunks()[0].stream, "stdin");
  EXPECT_FALSE(intake_.end().has_value());
}

TEST_F(StdinSourceTest, CutsTheStreamAtItsEndAndHasEnded) {
  start();
  type("last");
  close_input();
  ASSERT_TRUE(intake_.wait_for_end());
  EXPECT_EQ(intake_.bytes(), "last");
  ASSERT_EQ(intake_.cuts().size(), 2U);
  EXPECT_EQ(intake_.cuts()[1].stream, "stdin");
  EXPECT_EQ(intake_.cuts()[1].cause, CutCause::closed);
  EXPECT_EQ(intake_.end(), "");
}

TEST_F(StdinSourceTest, HandsInMegabytesWithoutLosingAByte) {
  start();
  std::string sent;
  for (int i = 0; sent.size() < (4U << 20U); ++i) sent += std::to_string(i) + "\n";
  std::thread writer([&] {
    type(sent);
    close_input();
  });
  EXPECT_TRUE(intake_.wait_for_end());
  writer.join();
  EXPECT_TRUE(intake_.bytes() == sent);
}

TEST_F(StdinSourceTest, HoldsASmallPieceInNoLargeBlock) {
  start();
  type("x");
  ASSERT_TRUE(intake_.wait_for_bytes(1));
  EXPECT_LT(intake_.chunks()[0].bytes.share()->capacity(), 1000U);
}

TEST_F(StdinSourceTest, HandsInNothingWhilePausedAndAllOfItAfterwards) {
  start();
  type("one\n");
  ASSERT_TRUE(intake_.wait_for_bytes(4));
  source_->pause();
  EXPECT_FALSE(intake_.connection().connected) << "so that no partial frame times out";
  type("two\n");
  close_input();
  EXPECT_EQ(intake_.offered(), 1U);
  source_->resume();
  EXPECT_TRUE(intake_.connection().ok);
  ASSERT_TRUE(intake_.wait_for_end());
  EXPECT_EQ(intake_.bytes(), "one\ntwo\n");
}

TEST_F(StdinSourceTest, TriesARefusedPieceAgainAfterTheResume) {
  start();
  intake_.answer_with(kFull);
  type("one\n");
  ASSERT_TRUE(intake_.wait_for_offers(1));
  source_->pause();
  intake_.answer_with({});
  EXPECT_EQ(intake_.bytes(), "");
  source_->resume();
  ASSERT_TRUE(intake_.wait_for_bytes(4));
  close_input();
  ASSERT_TRUE(intake_.wait_for_end());
  EXPECT_EQ(intake_.bytes(), "one\n");
}

TEST_F(StdinSourceTest, TriesARefusedPieceAgainWhereNoPauseFollows) {
  start();
  intake_.answer_with(kFull);
  type("one\n");
  ASSERT_TRUE(intake_.wait_for_offers(3));
  intake_.answer_with({});
  ASSERT_TRUE(intake_.wait_for_bytes(4));
  EXPECT_EQ(intake_.bytes(), "one\n");
}

TEST_F(StdinSourceTest, IsSilentAfterAnErrorOfTheIntake) {
  start();
  intake_.answer_with(std::make_error_code(std::errc::io_error));
  type("one\n");
  ASSERT_TRUE(intake_.wait_for_offers(1));
  source_->stop();
  EXPECT_EQ(intake_.offered(), 1U);
  EXPECT_FALSE(intake_.end().has_value());
}

TEST_F(StdinSourceTest, StopsWhileItWaitsForInput) {
  start();
  source_->stop();
  type("late\n");
  EXPECT_EQ(intake_.offered(), 0U);
  EXPECT_FALSE(intake_.end().has_value());
}

TEST_F(StdinSourceTest, StopsWhileItIsPausedWithAPieceInItsHand) {
  start();
  intake_.answer_with(kFull);
  type("one\n");
  ASSERT_TRUE(intake_.wait_for_offers(1));
  source_->pause();
  source_->stop();
  EXPECT_EQ(intake_.cuts().size(), 1U);
}

TEST_F(StdinSourceTest, EndsWithAReasonWhenItsStreamIsClosed) {
  start();
  source_->close_stream("stdin");
  ASSERT_TRUE(intake_.wait_for_end());
  EXPECT_EQ(intake_.end(), "stdin: its bytes cannot be framed any further");
  EXPECT_EQ(intake_.cuts().size(), 2U);
}

TEST_F(StdinSourceTest, EndsWithAReasonWhenItCannotRead) {
  const int folder = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  source_ = make_stdin_source(folder);
  source_->start(intake_);
  ASSERT_TRUE(intake_.wait_for_end());
  EXPECT_EQ(intake_.end(), "stdin: Is a directory");
  EXPECT_EQ(intake_.cuts().size(), 2U);
  source_.reset();
  ::close(folder);
}

}  // namespace
}  // namespace millrace
