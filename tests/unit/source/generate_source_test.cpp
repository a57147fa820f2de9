#include "source/generate_source.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <system_error>

#include "unit/source/recording_intake.hpp"

namespace millrace {
namespace {

using namespace std::chrono_literals;

class GenerateSourceTest : public testing::Test {
 protected:
  void start(std::optional<std::uint64_t> count, Duration interval) {
    GenerateQuery query;
    query.count = count;
    query.interval = interval;
    source_ = make_generate_source(query);
    source_->start(intake_);
  }

  RecordingIntake intake_;
  SourcePtr source_;
};

TEST_F(GenerateSourceTest, CountsFromOneAndHasEnded) {
  start(12, 0ms);
  ASSERT_TRUE(intake_.wait_for_end());
  EXPECT_EQ(intake_.bytes(), "123456789101112");
  EXPECT_EQ(intake_.chunks().size(), 12U);
  EXPECT_EQ(intake_.chunks()[0].stream, "generate");
  EXPECT_EQ(intake_.cuts().size(), 1U);
  EXPECT_EQ(intake_.end(), "");
}

TEST_F(GenerateSourceTest, WaitsAnIntervalBeforeEachOne) {
  const auto start_time = std::chrono::steady_clock::now();
  start(4, 20ms);
  ASSERT_TRUE(intake_.wait_for_end());
  EXPECT_GE(std::chrono::steady_clock::now() - start_time, 80ms);
}

TEST_F(GenerateSourceTest, PausesEvenWhenItNeverWaits) {
  start(std::nullopt, 0ms);
  ASSERT_TRUE(intake_.wait_for_offers(1000));
  source_->pause();
  const std::size_t offered = intake_.offered();
  source_->resume();
  ASSERT_TRUE(intake_.wait_for_offers(offered + 1000));
  source_->pause();
  const std::string bytes = intake_.bytes();
  std::string expected;
  for (std::size_t i = 1; i <= intake_.chunks().size(); ++i) expected += std::to_string(i);
  EXPECT_TRUE(bytes == expected);
  source_->stop();
  EXPECT_EQ(intake_.bytes().size(), bytes.size());
}

TEST_F(GenerateSourceTest, RepeatsWhatFoundNoRoom) {
  intake_.answer_with(std::make_error_code(std::errc::no_buffer_space));
  start(3, 0ms);
  ASSERT_TRUE(intake_.wait_for_offers(1));
  intake_.answer_with({});
  ASSERT_TRUE(intake_.wait_for_end());
  EXPECT_EQ(intake_.bytes(), "123");
}

TEST_F(GenerateSourceTest, StopsInTheMiddleOfALongInterval) {
  start(std::nullopt, 1h);
  source_->stop();
  EXPECT_EQ(intake_.offered(), 0U);
  EXPECT_FALSE(intake_.end().has_value());
}

}  // namespace
}  // namespace millrace
