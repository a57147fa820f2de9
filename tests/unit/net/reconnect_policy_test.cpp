#include "net/reconnect_policy.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Loss = ReconnectPolicy::Loss;

class ReconnectPolicyTest : public testing::TestWithParam<unsigned> {
 protected:
  // Opened, and lost after `held`.
  ReconnectPolicy::Wait lost_after(milliseconds held, Loss loss = Loss::unexplained) {
    policy.opened(now);
    now += held;
    return policy.lost(now, loss);
  }

  ReconnectConfig config{Duration(200), Duration(4000)};
  ReconnectPolicy policy{config, {}, GetParam()};
  ReconnectPolicy::Time now{};
};

INSTANTIATE_TEST_SUITE_P(Seeds, ReconnectPolicyTest, testing::Values(1U, 7U, 123456U));

TEST_P(ReconnectPolicyTest, DoublesFromTheMinimumToTheMaximum) {
  for (const int base : {200, 400, 800, 1600, 3200, 4000, 4000}) {
    const auto delay = policy.failed().count();
    EXPECT_GE(delay, base);
    EXPECT_LE(delay, std::min(4000, base * 3 / 2));
  }
}

TEST_P(ReconnectPolicyTest, BeginsAfreshAfterTenSeconds) {
  for (int round = 0; round < 6; ++round) static_cast<void>(policy.failed());
  EXPECT_GE(lost_after(milliseconds(9999)).delay, milliseconds(4000));
  EXPECT_LE(lost_after(milliseconds(10000)).delay, milliseconds(300));
}

TEST_P(ReconnectPolicyTest, WaitsLongWhenTheSessionWasTakenOver) {
  const auto wait = lost_after(seconds(60), Loss::taken_over);
  EXPECT_TRUE(wait.taken_over);
  EXPECT_GE(wait.delay, seconds(30));
}

TEST_P(ReconnectPolicyTest, TakesThreeQuickClosesForATakeover) {
  EXPECT_FALSE(lost_after(seconds(1)).taken_over);
  EXPECT_FALSE(lost_after(seconds(1)).taken_over);
  EXPECT_TRUE(lost_after(seconds(1)).taken_over);
  EXPECT_TRUE(lost_after(seconds(1)).taken_over) << "and it goes on";
}

TEST_P(ReconnectPolicyTest, CountsOnlyClosesInARow) {
  static_cast<void>(lost_after(seconds(1)));
  static_cast<void>(lost_after(seconds(1)));
  EXPECT_FALSE(lost_after(seconds(6)).taken_over);
  EXPECT_FALSE(lost_after(seconds(1)).taken_over);
  EXPECT_FALSE(lost_after(seconds(1)).taken_over);
}

TEST_P(ReconnectPolicyTest, DoesNotTakeARestartingBrokerForATakeover) {
  for (int round = 0; round < 5; ++round) {
    EXPECT_FALSE(lost_after(seconds(1)).taken_over);
    static_cast<void>(policy.failed());
  }
}

TEST_P(ReconnectPolicyTest, DoesNotCountWhatTheServerExplained) {
  for (int round = 0; round < 5; ++round) {
    EXPECT_FALSE(lost_after(seconds(1), Loss::explained).taken_over);
  }
}

TEST_P(ReconnectPolicyTest, JittersEveryDelay) {
  ReconnectPolicy other(config, {}, GetParam() + 1);
  bool differs = false;
  for (int round = 0; round < 5; ++round) differs = policy.failed() != other.failed() || differs;
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace millrace
