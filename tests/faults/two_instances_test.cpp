// Two instances where there should be one: neither harms what the other does.
#include <algorithm>

#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kTakenOver = 30s;

class TwoInstances : public RigCase {
 protected:
  static std::vector<Rig::Clock::time_point> source_connects(const WireTap& tap) {
    std::vector<Rig::Clock::time_point> times;
    for (const auto& packet : tap.packets()) {
      if (packet.type == PacketType::connect && packet.client == "millrace") {
        times.push_back(packet.at);
      }
    }
    return times;
  }

  // The longest time between two tries to connect.
  static milliseconds longest_gap(const WireTap& tap) {
    const auto times = source_connects(tap);
    milliseconds longest{0};
    for (std::size_t i = 1; i < times.size(); ++i) {
      longest =
          std::max(longest, std::chrono::duration_cast<milliseconds>(times[i] - times[i - 1]));
    }
    return longest;
  }
};

TEST_F(TwoInstances, TheSecondOnAJournalEndsWithThree) {
  Rig rig(seed_);
  rig.begin();
  rig.events.start(500);
  for (int tries = 0; tries < 3; ++tries) {
    auto variables = rig.variables;
    variables["SOURCE_CLIENT_ID"] = "second";
    Program second(variables);
    EXPECT_EQ(second.wait(), 3) << second.output();
    EXPECT_NE(second.output().find(rig.journal_path()), std::string::npos) << second.output();
  }
  expect_settled(rig);
  EXPECT_EQ(rig.oracle.verdict().repeats, 0U);
}

// The same configuration started twice: only the journals differ, as they have to.
TEST_F(TwoInstances, WithOneClientIdGiveWayToEachOtherForLong) {
  Rig rig(seed_, {.taps = true});
  Oracle second_oracle(rig.kind());
  MqttPeer second_observer(rig.broker.port(), "second-observer",
                           {.persistent = true, .on_message = [&](const PeerMessage& message) {
                              second_oracle.saw(message);
                            }});
  second_observer.subscribe("second-results");
  WireTap second_tap(rig.broker.port());
  TempFolder folder;
  auto variables = rig.variables;
  variables["SOURCE_URL"] = second_tap.url();
  variables["SINK_TOPIC"] = "second-results";
  variables["JOURNAL_PATH"] = (folder.path() / "journal").string();

  rig.begin();
  rig.events.start(100);
  Program second(variables);
  const auto begun = Rig::Clock::now();
  const auto longest = [&] {
    return std::max(longest_gap(*rig.source_tap), longest_gap(second_tap));
  };
  EXPECT_TRUE(wait_until([&] { return longest() >= kTakenOver; }, 60s))
      << rig.output() << second.output();
  lapse(scaled(0s, 120s));
  const auto connects =
      source_connects(*rig.source_tap).size() + source_connects(second_tap).size();
  EXPECT_LE(connects, 10 + 2 * static_cast<std::size_t>(since(begun) / kTakenOver));
  figure("longest_wait_ms", longest().count());
  figure("connects", connects);

  EXPECT_EQ(second.stop(), 0) << second.output();
  const auto one_left = Rig::Clock::now();
  EXPECT_TRUE(rig.events.stop());
  // The one that is left may have to wait for its turn.
  ASSERT_TRUE(wait_until(
      [&] {
        const auto missing = rig.oracle.missing_numbers();
        return std::all_of(missing.begin(), missing.end(),
                           [&](std::uint64_t number) { return second_oracle.has(number); });
      },
      60s))
      << rig.oracle.missing() << rig.output() << second.output();
  figure("one_left_to_all_out_ms", since(one_left).count());
  for (const auto number : rig.oracle.missing_numbers()) rig.oracle.excuse(number);
  expect_fresh_event_and_kept(rig);
  EXPECT_EQ(second_oracle.verdict().disordered, 0U);
  EXPECT_EQ(second_oracle.verdict().corrupted, 0U);
}

}  // namespace
}  // namespace millrace::test
