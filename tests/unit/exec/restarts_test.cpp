#include "exec/restarts.hpp"

#include <gtest/gtest.h>

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kNow = Restarts::Clock::time_point() + 1h;

TEST(RestartsOfAPlace, AreAtOnceWhereTheProcessHadAnsweredBefore) {
  Restarts restarts(200ms, 10s);
  for (int i = 0; i < 10; ++i) {
    restarts.started();
    restarts.well();
    restarts.lost(false, kNow);
    EXPECT_EQ(restarts.next(), kNow);
  }
}

TEST(RestartsOfAPlace, AreAtOnceWhereAnEventIsCharged) {
  Restarts restarts(200ms, 10s);
  for (int i = 0; i < 10; ++i) {
    restarts.started();
    restarts.lost(true, kNow);
    EXPECT_EQ(restarts.next(), kNow);
    EXPECT_EQ(restarts.failures(), 0U);
  }
}

TEST(RestartsOfAPlace, BackOffUpToTheMaximumWhileNothingAnswers) {
  Restarts restarts(200ms, 1s);
  for (const auto delay : {200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    restarts.lost(false, kNow);
    EXPECT_EQ(restarts.next() - kNow, delay);
    restarts.started();
  }
  EXPECT_EQ(restarts.failures(), 5U);
}

TEST(RestartsOfAPlace, BeginAfreshAfterAnAnswer) {
  Restarts restarts(200ms, 1s);
  restarts.lost(false, kNow);
  restarts.lost(false, kNow);
  restarts.started();
  restarts.well();
  EXPECT_EQ(restarts.failures(), 0U);
  restarts.started();
  restarts.lost(false, kNow);
  EXPECT_EQ(restarts.next() - kNow, 200ms);
}

TEST(RestartsOfAPlace, BackOffAStartThatFailsAfterAProcessThatHadAnswered) {
  Restarts restarts(200ms, 1s);
  restarts.started();
  restarts.well();
  restarts.lost(false, kNow);
  EXPECT_EQ(restarts.next(), kNow);
  restarts.not_started(kNow);
  EXPECT_EQ(restarts.next() - kNow, 200ms);
  restarts.not_started(kNow);
  EXPECT_EQ(restarts.next() - kNow, 400ms);
}

}  // namespace
}  // namespace millrace::test
