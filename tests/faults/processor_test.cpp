// Processors that throw, answer late, never answer, or take the whole process with them.
#include <csignal>
#include <map>
#include <set>
#include <string>

#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kTimeout{400};
constexpr int kAttempts = 3;

class FaultyProcessor : public RigCase {
 protected:
  FaultyProcessor() : rig_(seed_) {
    rig_.variables["PROCESSING_TIMEOUT"] = std::to_string(kTimeout.count()) + "ms";
    rig_.variables["PROCESSING_ATTEMPTS"] = std::to_string(kAttempts);
    rig_.variables["PROCESSING_BACKOFF"] = "20ms";
  }

  void start() {
    std::string plan;
    for (const auto& [number, how] : plan_) plan += std::to_string(number) + "=" + how + ",";
    launch_ = {.wrapper = {"/usr/bin/env", "FAULTY_MILL=" + plan}, .program = FAULTY_MILL};
    rig_.start({}, launch_);
  }

  void begin() {
    start();
    ASSERT_TRUE(rig_.millrace().wait_until_ready()) << rig_.output();
  }

  void start_again() {
    ++starts_again_;
    start();
  }

  bool is_live() const { return rig_.millrace().ask("/livez").find("true") != std::string::npos; }

  // As a supervisor does: starts again what has ended, and ends what is not alive. Until every
  // event that is owed has come out, or `most` starts did not suffice.
  void supervise(int most) {
    ASSERT_TRUE(rig_.events.stop());
    while (starts_again_ < most) {
      const bool done = wait_until(
          [&] { return rig_.millrace().wait(0ms) || rig_.oracle.missing() == 0 || is_stuck(); },
          60s);
      ASSERT_TRUE(done) << rig_.output();
      if (rig_.oracle.missing() == 0) return;
      rig_.kill();
      start_again();
    }
  }

  bool is_stuck() const {
    return rig_.millrace().ask("/livez").find("\"live\": false") != std::string::npos;
  }

  // What was planned to go wrong for good is dead-lettered in its place, and nothing else is.
  void expect_kept_but_for_the_guilty() {
    std::set<std::uint64_t> guilty;
    for (const auto& [number, how] : plan_) {
      if (how != "late") guilty.insert(number);
    }
    figure("starts_again", starts_again_);
    expect_settled(rig_, 30s);
    EXPECT_EQ(rig_.oracle.dead_lettered(), guilty);
  }

  Rig rig_;
  std::map<std::uint64_t, std::string> plan_;
  int starts_again_ = 0;

 private:
  Launch launch_;
};

TEST_F(FaultyProcessor, ThatThrowsCostsItsOwnEventOnly) {
  plan_ = {{10, "throw"}, {11, "throw_int"}, {50, "throw"}, {299, "throw_int"}};
  begin();
  rig_.events.publish(300);
  expect_kept_but_for_the_guilty();
  EXPECT_EQ(rig_.stop(), 0) << rig_.output();
}

TEST_F(FaultyProcessor, ThatAnswersLateKeepsItsPlace) {
  plan_ = {{20, "late"}, {21, "late"}, {22, "late"}, {23, "late"}, {24, "late"}, {80, "late"}};
  begin();
  rig_.events.publish(200);
  expect_kept_but_for_the_guilty();
  EXPECT_EQ(rig_.stop(), 0) << rig_.output();
}

TEST_F(FaultyProcessor, ThatNeverAnswersIsNotAliveAndCountsAsACrash) {
  plan_ = {{30, "hang"}};
  begin();
  EXPECT_TRUE(is_live());
  rig_.events.publish(100);
  const auto begun = Rig::Clock::now();
  EXPECT_TRUE(wait_until([&] { return is_stuck(); })) << rig_.output();
  EXPECT_GE(since(begun), kTimeout * 2);
  EXPECT_LE(since(begun), kTimeout * 2 + 1500ms);
  figure("not_live_after_ms", since(begun).count());
  supervise(kAttempts + 1);
  expect_kept_but_for_the_guilty();
  EXPECT_EQ(starts_again_, kAttempts);
}

class CrashingProcessor : public FaultyProcessor,
                          public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(By, CrashingProcessor, ::testing::Values("segv", "abort"),
                         [](const auto& how) { return std::string(how.param); });

TEST_P(CrashingProcessor, CostsItsOwnEventOnly) {
  plan_ = {{40, GetParam()}};
  begin();
  rig_.events.publish(100);
  supervise(kAttempts + 2);
  expect_kept_but_for_the_guilty();
  EXPECT_EQ(starts_again_, kAttempts);
}

// Between the crashes it is killed at random, which accuses nobody.
TEST_F(FaultyProcessor, ThatDoesAllOfItAtOnceWhileItIsKilled) {
  const int rounds = scaled(1, 6);
  for (int round = 0; round < rounds; ++round) {
    const auto at = static_cast<std::uint64_t>(round) * 400;
    plan_.insert({{at + 50, "throw"},
                  {at + 51, "late"},
                  {at + 52, "hang"},
                  {at + 53, "segv"},
                  {at + 54, "abort"},
                  {at + 200, "segv"},
                  {at + 201, "late"}});
  }
  begin();
  rig_.events.publish(static_cast<std::uint64_t>(rounds) * 400);
  for (int kills = scaled(20, 100); kills > 0; --kills) {
    lapse(between(30ms, 700ms));
    rig_.kill();
    start_again();
  }
  supervise(starts_again_ + rounds * 5 * kAttempts);
  expect_kept_but_for_the_guilty();
}

}  // namespace
}  // namespace millrace::test
