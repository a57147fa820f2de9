// The kernel drops what millrace sends, or what it is sent: TCP itself waits, and nothing is
// closed.
#include <algorithm>
#include <ostream>
#include <regex>
#include <string>
#include <vector>

#include "faults/net_namespace.hpp"
#include "faults/rig.hpp"
#include "support/ports.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

struct Hole {
  const char* name;
  std::vector<Direction> directions;
};

void PrintTo(const Hole& hole, std::ostream* out) {
  *out << hole.name;
}

class BlackHole : public RigCase, public ::testing::WithParamInterface<Hole> {
 protected:
  std::string lacking() const override { return NetNamespace::lacking(); }

  static std::size_t count(const std::string& text, const std::string& pattern) {
    const std::regex wanted(pattern);
    return static_cast<std::size_t>(std::distance(
        std::sregex_iterator(text.begin(), text.end(), wanted), std::sregex_iterator()));
  }
};

INSTANTIATE_TEST_SUITE_P(Of, BlackHole,
                         ::testing::Values(Hole{"BothWays",
                                                {Direction::to_broker, Direction::to_client}},
                                           Hole{"TheWayOut", {Direction::to_broker}},
                                           Hole{"TheWayBack", {Direction::to_client}}),
                         [](const auto& hole) { return hole.param.name; });

TEST_P(BlackHole, IsNoticedInOneAndAHalfKeepAlivesAndLosesNothing) {
  const milliseconds keep_alive = scaled(4s, 20s);
  const NetNamespace network;
  const auto port = std::to_string(free_port());
  Rig rig(seed_, {.broker = {.listener_config = {"listener " + port + " " + network.outside()}}});
  const auto text = std::to_string(keep_alive.count() / 1000) + "s";
  rig.variables["SOURCE_URL"] = "mqtt://" + network.outside() + ":" + port;
  rig.variables["SOURCE_KEEP_ALIVE"] = text;
  rig.variables["SINK_KEEP_ALIVE"] = text;
  rig.start({}, {.wrapper = network.wrapper()});
  ASSERT_TRUE(wait_until([&] { return count(rig.output(), ": connected") == 2; })) << rig.output();
  rig.events.start(300);
  lapse(2s);

  const auto silent = Rig::Clock::now();
  for (const auto direction : GetParam().directions) network.drop(direction, true);
  // The sink notices by what is not acknowledged, or by its keep-alive: by what comes first.
  const auto both_noticed = [&] {
    const auto said = rig.output();
    return count(said, "source: .*lost") >= 1 && count(said, "sink: .*(lost|not acknowledge)") >= 1;
  };
  EXPECT_TRUE(wait_until(both_noticed, keep_alive * 3)) << rig.output();
  EXPECT_LE(since(silent), keep_alive * 3 / 2 + 600ms);
  figure("noticed_after_ms", since(silent).count());
  lapse(scaled(2s, 60s));
  for (const auto direction : GetParam().directions) network.drop(direction, false);
  const auto over = Rig::Clock::now();
  rig.fence();
  const auto first = rig.time_to_more_than(rig.oracle.seen(), over);
  ASSERT_TRUE(first) << rig.output();
  // The kernel repeats a SYN after 1, 3 and 7 seconds, and the attempt under way has to end first.
  EXPECT_LE(*first, 8s) << rig.output();
  figure("first_result_ms", first->count());
  expect_settled(rig, 30s);
}

}  // namespace
}  // namespace millrace::test
