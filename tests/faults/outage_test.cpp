// The results' broker is away for long: memory and disk keep within their limits, the input waits.
#include <algorithm>
#include <string>

#include "faults/process_figures.hpp"
#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kMostMemory = 100 * kMiB;

class Outage : public RigCase {
 protected:
  // How often a connection of the source was ended by a DISCONNECT of our own.
  static std::size_t clean_ends(const Rig& rig) {
    const auto packets = rig.source_tap->packets();
    return static_cast<std::size_t>(
        std::count_if(packets.begin(), packets.end(), [](const Packet& packet) {
          return packet.type == PacketType::disconnect && packet.reason == 0 &&
                 packet.direction == Direction::to_broker;
        }));
  }
  static bool paused(const Rig& rig) {
    return rig.millrace().readiness().find("paused") != std::string::npos;
  }
};

TEST_F(Outage, SinkBrokerIsAwayUntilTheJournalIsFull) {
  const std::uint64_t quota = scaled(4, 64) * kMiB;
  Rig rig(seed_, {.bytes = 400, .taps = true});
  rig.variables["JOURNAL_MAX_BYTES"] = std::to_string(quota / kMiB) + "MiB";
  rig.source_tap->intercept([](Packet& packet) {
    packet.payload.clear();  // the notes would hold them all
    return WireTap::Action::pass;
  });
  rig.begin();
  ProcessWatch watch(rig.millrace().pid(), 200ms);
  rig.events.start(1000);
  lapse(1s);
  rig.sink_tap->refuse(true);
  rig.sink_tap->cut();
  const auto away = Rig::Clock::now();
  EXPECT_TRUE(wait_until([&] { return paused(rig); }, scaled(30s, 300s))) << rig.output();
  figure("paused_after_s", since(away).count() / 1000);
  std::uint64_t disk = 0;
  while (since(away) < scaled(12s, 600s)) {
    disk = std::max(disk, rig.journal_bytes());
    lapse(100ms);
  }
  EXPECT_EQ(rig.source_tap->links(), 0U) << "paused, so not connected";
  EXPECT_EQ(clean_ends(rig), 1U);
  EXPECT_LE(disk, quota);
  figure("journal_mib_most", static_cast<double>(disk) / kMiB);

  rig.sink_tap->refuse(false);
  const auto back = Rig::Clock::now();
  const auto first = rig.time_to_more_than(rig.oracle.seen(), back);
  EXPECT_TRUE(first && *first <= 5s) << rig.output();
  if (first) figure("first_result_ms", first->count());
  expect_settled(rig, 60s);
  const auto memory = watch.most_bytes();
  EXPECT_LE(memory, kMostMemory);
  figure("memory_mib_most", static_cast<double>(memory) / kMiB);
  EXPECT_EQ(rig.oracle.verdict().second_events, 0U) << "the pauses made the broker repeat";
}

}  // namespace
}  // namespace millrace::test
