// The orders `key` and `none` under kill -9: nothing lost, at most the window twice, and of each
// key in order, although some events take much longer than those behind them.
#include <algorithm>
#include <string>
#include <vector>

#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kWindow = 64;  // limits.in_flight
constexpr std::size_t kTopics = 8;
constexpr std::uint64_t kPlanned = 20'000;

std::vector<std::string> topics() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kTopics; ++i) names.push_back("events/" + std::to_string(i));
  return names;
}

class OrderUnderKill : public RigCase {
 protected:
  // About one in sixty events takes 300 ms instead of 2.
  Launch uneven_work() {
    std::string plan;
    for (std::uint64_t number = 0; number < kPlanned; number += 1 + random_() % 120) {
      plan += std::to_string(number) + "=late,";
    }
    return {.wrapper = {"/usr/bin/env", "FAULTY_MILL=" + plan}, .program = FAULTY_MILL};
  }

  void kill_often(Rig& rig, const Launch& launch) {
    std::size_t repeats_before = 0;
    std::size_t most = 0;
    for (int kill = 0; kill < scaled(6, 60); ++kill) {
      const auto seen = rig.oracle.seen();
      ASSERT_TRUE(rig.oracle.wait_for_more_than(seen)) << rig.output();
      lapse(between(50ms, 900ms));
      rig.kill();
      rig.fence();
      const auto repeats = rig.oracle.repeats();
      most = std::max(most, repeats - std::exchange(repeats_before, repeats));
      rig.start({}, launch);
    }
    expect_settled(rig, 60s);
    most = std::max(most, rig.oracle.repeats() - repeats_before);
    EXPECT_LE(most, kWindow) << "sent twice after one kill";
    figure("repeats_per_kill_most", most);
  }

  static void configure(Rig& rig, const std::string& order) {
    rig.variables["PROCESSING_ORDER"] = order;
    rig.variables["PROCESSING_TIMEOUT"] = "200ms";
  }
};

TEST_F(OrderUnderKill, EveryTopicKeepsItsOwn) {
  Rig rig(seed_, {.topics = topics(), .topics_are_keys = true});
  configure(rig, "key");
  const auto launch = uneven_work();
  rig.begin({}, launch);
  rig.events.start(200);
  kill_often(rig, launch);
}

// Every event is a key of its own, so that the oracle asks for no order.
TEST_F(OrderUnderKill, WithoutOneNothingIsLost) {
  std::vector<std::string> many;
  for (std::uint64_t i = 0; i < kPlanned; ++i)
    many.push_back("events/" + std::to_string(i % kTopics));
  Rig rig(seed_, {.topics = std::move(many), .topics_are_keys = true});
  configure(rig, "none");
  const auto launch = uneven_work();
  rig.begin({}, launch);
  rig.events.start(200);
  kill_often(rig, launch);
}

}  // namespace
}  // namespace millrace::test
