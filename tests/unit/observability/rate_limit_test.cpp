#include "observability/rate_limit.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace millrace {
namespace {

using namespace std::chrono_literals;

class RateLimitTest : public testing::Test {
 protected:
  std::optional<std::uint64_t> admit(const std::string& text) { return limit_.admit(text, now_); }

  RateLimit limit_{{.burst = 3, .refill = 10s, .causes = 4}};
  RateLimit::Clock::time_point now_ = RateLimit::Clock::now();
};

TEST_F(RateLimitTest, LetsABurstThroughAndThenOneForEveryRefill) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(admit("refused"), 0U);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(admit("refused"), std::nullopt);
  now_ += 10s;
  EXPECT_EQ(admit("refused"), 7U) << "what was left out is said with the next one";
  EXPECT_EQ(admit("refused"), std::nullopt);
}

TEST_F(RateLimitTest, SavesNoMoreThanABurst) {
  now_ += 1h;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(admit("refused"), 0U);
  EXPECT_EQ(admit("refused"), std::nullopt);
}

TEST_F(RateLimitTest, CountsEachCauseByItself) {
  for (int i = 0; i < 5; ++i) static_cast<void>(admit("refused"));
  EXPECT_EQ(admit("cut"), 0U);
}

TEST_F(RateLimitTest, TakesTextsThatDifferInNumbersForOneCause) {
  EXPECT_EQ(admit("next try in 200 ms"), 0U);
  EXPECT_EQ(admit("next try in 1400 ms"), 0U);
  EXPECT_EQ(admit("next try in 9 ms"), 0U);
  EXPECT_EQ(admit("next try in 77 ms"), std::nullopt);
}

TEST_F(RateLimitTest, SharesOneMoreCauseWhereAllAreInUse) {
  for (const char* cause : {"a", "b", "c", "d"}) EXPECT_EQ(admit(cause), 0U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(admit(std::string(1, static_cast<char>('e' + i))), 0U);
  EXPECT_EQ(admit("z"), std::nullopt) << "the shared one has had its burst";
}

TEST_F(RateLimitTest, ForgetsACauseThatHasBeenSilent) {
  for (const char* cause : {"a", "b", "c", "d"}) static_cast<void>(admit(cause));
  now_ += 1h;
  for (int i = 0; i < 4; ++i) {
    const std::string cause(1, static_cast<char>('e' + i));
    for (int line = 0; line < 3; ++line) EXPECT_EQ(admit(cause), 0U) << cause;
  }
}

TEST_F(RateLimitTest, CountsOutLoudWhatHasNotComeUpSince) {
  for (int i = 0; i < 5; ++i) static_cast<void>(admit("refused"));
  EXPECT_TRUE(limit_.overdue(now_).empty()) << "too early";
  const auto counts = limit_.overdue(now_ + 10s);
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].cause, "refused");
  EXPECT_EQ(counts[0].count, 2U);
  EXPECT_TRUE(limit_.overdue(now_ + 1h).empty()) << "said once";
}

TEST_F(RateLimitTest, TakesAllCountsAtTheEnd) {
  for (int i = 0; i < 5; ++i) static_cast<void>(admit("refused"));
  const auto counts = limit_.all();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].count, 2U);
}

}  // namespace
}  // namespace millrace
