// SIGSTOP: a process that stands still loses nothing, stays the only writer, and comes back.
#include <algorithm>
#include <csignal>

#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kWindow = 64;  // limits.in_flight

class Suspend : public RigCase {
 protected:
  void stand_still(Rig& rig, milliseconds time) {
    const auto repeats = rig.oracle.repeats();
    rig.millrace().signal(SIGSTOP);
    expect_one_writer(rig);
    lapse(time);
    rig.fence();
    const auto seen = rig.oracle.seen();
    const auto continued = Rig::Clock::now();
    rig.millrace().signal(SIGCONT);
    const auto first = rig.time_to_more_than(seen, continued);
    ASSERT_TRUE(first) << rig.output();
    EXPECT_LE(*first, 5s) << "after " << time.count() << " ms";
    slowest_ = std::max(slowest_, *first);
    rig.fence();
    EXPECT_LE(rig.oracle.repeats() - repeats, kWindow);
  }

  // It stands still, but it is there: nobody may take its journal over.
  static void expect_one_writer(Rig& rig) {
    auto variables = rig.variables;
    variables["SOURCE_CLIENT_ID"] = "second";
    Program second(variables);
    EXPECT_EQ(second.wait(), 3) << second.output();
  }

  milliseconds slowest_{0};
};

TEST_F(Suspend, ComesBackWhetherTheBrokerHasGivenItUpOrNot) {
  Rig rig(seed_);
  const auto keep_alive = scaled("2s", "20s");
  rig.variables["SOURCE_KEEP_ALIVE"] = keep_alive;
  rig.variables["SINK_KEEP_ALIVE"] = keep_alive;
  rig.begin();
  rig.events.start(500);
  const std::vector<milliseconds> stops =
      full_form() ? std::vector<milliseconds>{5s, 30s, 90s} : std::vector<milliseconds>{1s, 3s, 9s};
  for (const auto time : stops) {
    lapse(1s);
    ASSERT_NO_FATAL_FAILURE(stand_still(rig, time));
  }
  figure("stops", stops.size());
  figure("slowest_return_ms", slowest_.count());
  expect_settled(rig);
}

}  // namespace
}  // namespace millrace::test
