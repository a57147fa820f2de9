// More input than can be worked off: memory stays where it is, and nothing is lost.
#include <string>

#include "faults/memory_cage.hpp"
#include "faults/process_figures.hpp"
#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kCage = 128 * kMiB;
constexpr std::uint64_t kMostMemory = 100 * kMiB;

class Overload : public RigCase {
 protected:
  std::string lacking() const override {
    return MemoryCage::possible() ? "" : "a control group for memory (root)";
  }

  void expect_modest(ProcessWatch& watch) {
    const auto memory = watch.most_bytes();
    EXPECT_LE(memory, kMostMemory);
    EXPECT_GT(memory, 0U);
    figure("memory_mib_most", static_cast<double>(memory) / kMiB);
  }
};

TEST_F(Overload, TenTimesMoreThanFiveWorkersCanTake) {
  MemoryCage cage(kCage);
  Rig rig(seed_, {.work = RigOptions::Work::square});
  rig.variables["PROCESSING_DELAY"] = "25ms";  // 200 a second
  rig.variables["JOURNAL_MAX_BYTES"] = scaled("1MiB", "64MiB");
  auto& millrace = rig.begin({}, {.wrapper = cage.wrapper()});
  ProcessWatch watch(millrace.pid(), 200ms);
  rig.events.start(2000);
  lapse(scaled(15'000ms, 600'000ms));
  EXPECT_TRUE(rig.events.stop());
  EXPECT_FALSE(millrace.wait(0ms)) << "killed, or ended:\n" << rig.output();
  expect_modest(watch);
  // Working all of it off at this speed would take ten times as long.
  EXPECT_EQ(rig.stop(), 0) << rig.output();
  rig.variables["PROCESSING_DELAY"] = "0s";
  rig.start({}, {.wrapper = cage.wrapper()});
  expect_settled(rig, 60s);
}

TEST_F(Overload, ASessionWithAHundredThousandWaiting) {
  MemoryCage cage(kCage);
  Rig rig(seed_, {.bytes = 500});
  rig.begin();
  EXPECT_EQ(rig.stop(), 0);
  const std::uint64_t waiting = scaled(30'000, 100'000);
  for (std::uint64_t batch = 0; batch < waiting; batch += 1000) {
    rig.events.publish(1000);
    ASSERT_TRUE(rig.events.stop());
  }
  const auto started = Rig::Clock::now();
  auto& millrace = rig.start({}, {.wrapper = cage.wrapper()});
  ProcessWatch watch(millrace.pid(), 50ms);
  EXPECT_TRUE(rig.oracle.wait_for_all(30s)) << rig.output();
  figure("waiting", waiting);
  figure("worked_off_ms", since(started).count());
  expect_modest(watch);
  expect_settled(rig);
}

}  // namespace
}  // namespace millrace::test
