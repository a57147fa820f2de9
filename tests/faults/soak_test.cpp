// Mixed faults for long: what the process takes does not grow.
#include <algorithm>
#include <csignal>
#include <string>

#include "faults/process_figures.hpp"
#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// An hour of such a slope is less than what one look may differ from the next.
constexpr double kPagesNoise = 4.0 * (1U << 20U);
constexpr double kCountNoise = 2;

class Soak : public RigCase {
 protected:
  // MILLRACE_SOAK_SECONDS: any other length.
  static milliseconds length() {
    const auto given = FaultCase::option("MILLRACE_SOAK_SECONDS");
    if (!given.empty()) return std::chrono::seconds(std::stoul(given));
    return scaled<milliseconds>(25s, 30min);
  }

  // In turn, so that closes of one connection are far enough apart not to look like a contest with
  // another client of the same id.
  void next_fault(Rig& rig) {
    const auto time = between(100ms, 1500ms);
    switch (turn_++ % 8) {
      case 0:
        return rig.source_tap->cut();
      case 2:
        return refuse_for(*rig.sink_tap, time);
      case 4:
        return refuse_for(*rig.source_tap, time);
      case 6:
        return rig.sink_tap->cut();
      case 3:
      case 7:
        rig.sink_tap->hold(true);
        lapse(time);
        return rig.sink_tap->hold(false);
      default:
        rig.millrace().signal(SIGSTOP);
        lapse(time);
        return rig.millrace().signal(SIGCONT);
    }
  }

  static void refuse_for(WireTap& tap, milliseconds time) {
    tap.refuse(true);
    tap.cut();
    lapse(time);
    tap.refuse(false);
  }

  // The first quarter is left out: pools fill and threads start.
  void expect_level(std::vector<ProcessFigures> seen) {
    seen.erase(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 4));
    const auto hours =
        std::chrono::duration<double, std::ratio<3600>>(seen.back().at - seen.front().at).count();
    const auto bytes = slope_per_hour(seen, [](const auto& each) { return each.own_bytes; });
    const auto files = slope_per_hour(seen, [](const auto& each) { return each.descriptors; });
    const auto threads = slope_per_hour(seen, [](const auto& each) { return each.threads; });
    figure("memory_kib_per_hour", bytes / 1024);
    figure("descriptors_per_hour", files);
    figure("threads_per_hour", threads);
    figure("memory_mib_last", static_cast<double>(seen.back().own_bytes) / (1U << 20U));
    EXPECT_LE(bytes * hours, kPagesNoise);
    EXPECT_LE(files * hours, kCountNoise);
    EXPECT_LE(threads * hours, kCountNoise);
  }

 private:
  unsigned turn_ = 0;
};

TEST_F(Soak, TakesNoMoreAtTheEndThanAtTheBeginning) {
  Rig rig(seed_, {.taps = true});
  rig.source_tap->note(false);
  rig.sink_tap->note(false);
  rig.begin();
  ProcessWatch watch(rig.millrace().pid(), scaled(100ms, 1000ms));
  rig.events.start(scaled(500U, 300U));
  const auto begun = Rig::Clock::now();
  int faults = 0;
  for (; since(begun) < length(); ++faults) {
    lapse(between(scaled(1500ms, 3000ms), scaled(3000ms, 9000ms)));
    next_fault(rig);
  }
  figure("faults", faults);
  figure("soaked_s", since(begun).count() / 1000);
  expect_settled(rig, 45s);
  expect_level(watch.stop());
  EXPECT_EQ(rig.stop(), 0) << rig.output();
}

}  // namespace
}  // namespace millrace::test
