// SIGTERM under load: a clean end in time, and nothing comes twice, not even from the broker.
#include <algorithm>
#include <csignal>

#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kDrain = 20s;  // limits.drain

class Terminate : public RigCase {
 protected:
  void run_at(unsigned per_second) {
    Rig rig(seed_);
    rig.begin();
    rig.events.start(per_second);
    std::chrono::milliseconds longest{0};
    const int stops = scaled(4, 17);
    for (int stop = 0; stop < stops; ++stop) {
      const auto seen = rig.oracle.seen();
      ASSERT_TRUE(rig.oracle.wait_for_more_than(seen)) << rig.output();
      lapse(between(100ms, 1200ms));
      const auto asked = Rig::Clock::now();
      ASSERT_EQ(rig.stop(), 0) << rig.output();
      longest = std::max(longest, since(asked));
      rig.start();
    }
    EXPECT_LE(longest, kDrain);
    figure("stops", stops);
    figure("slowest_stop_ms", longest.count());
    expect_settled(rig, 60s);
    const auto verdict = rig.oracle.verdict();
    EXPECT_EQ(verdict.repeats, 0U) << "sent twice by millrace";
    EXPECT_EQ(verdict.second_events, 0U) << "sent twice by the broker, so not acknowledged";
  }
};

TEST_F(Terminate, RepeatsNothingAtFiveHundredASecond) {
  run_at(500);
}

TEST_F(Terminate, RepeatsNothingAtTwoThousandASecond) {
  run_at(2000);
}

TEST_F(Terminate, RepeatsNothingFlatOut) {
  run_at(0);
}

}  // namespace
}  // namespace millrace::test
