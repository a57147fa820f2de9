// The clock is set an hour forwards and back: nothing fires early, nothing stops.
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "faults/process_figures.hpp"
#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

// Where Debian puts the library, on any of its architectures.
std::string fake_clock_library() {
  TempFolder folder;
  const auto found = (folder.path() / "found").string();
  run_command({"/bin/sh", "-c", "ls /usr/lib/*/faketime/libfaketimeMT.so.1"}, found);
  std::string path;
  std::getline(std::ifstream(found), path);
  return path.find("libfaketimeMT.so.1") == path.size() - 18 ? path : "";
}

class ClockChanges : public RigCase {
 protected:
  std::string lacking() const override {
    return fake_clock_library().empty() ? "the package faketime" : "";
  }

  // Preloaded into millrace alone; its monotonic clock stays what it is, as when a host's clock is
  // set.
  Launch with_fake_clock() {
    set_clock("+0");
    return {.wrapper = {"/usr/bin/env", "LD_PRELOAD=" + fake_clock_library(),
                        "FAKETIME_TIMESTAMP_FILE=" + file(), "FAKETIME_NO_CACHE=1",
                        "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1"}};
  }

  // The library reads it at every look at the clock, so it must never be half written.
  void set_clock(const std::string& offset) {
    const auto next = folder_.write("next", offset + "\n");
    std::filesystem::rename(next, file());
  }

 private:
  std::string file() const { return (folder_.path() / "clock").string(); }

  TempFolder folder_;
};

TEST_F(ClockChanges, AnHourForwardsAndBack) {
  Rig rig(seed_, {.taps = true});
  rig.variables["SOURCE_KEEP_ALIVE"] = "2s";
  rig.variables["SINK_KEEP_ALIVE"] = "2s";
  std::mutex mutex;
  std::set<std::string> hours;  // of `millrace-received`
  MqttPeer reader(rig.broker.port(), "reader", {.on_message = [&](const PeerMessage& message) {
                    const std::lock_guard lock(mutex);
                    for (const auto& [key, value] : message.properties.user) {
                      if (key == "millrace-received") hours.insert(value.substr(0, 13));
                    }
                  }});
  reader.subscribe("results");
  rig.begin({}, with_fake_clock());
  rig.events.start(200);
  const std::vector<std::string> changes{"+1h", "+0", "-1h", "+0"};
  for (int round = 0; round < scaled(1, 10); ++round) {
    for (const auto& change : changes) {
      lapse(scaled(1500ms, 6000ms));
      set_clock(change);
      const auto changed = Rig::Clock::now();
      const auto first = rig.time_to_more_than(rig.oracle.seen(), changed);
      ASSERT_TRUE(first) << rig.output();
      EXPECT_LE(*first, 1s) << change << '\n' << rig.output();
    }
  }
  {
    const std::lock_guard lock(mutex);
    EXPECT_GE(hours.size(), 3U) << "the clock was not changed";
  }
  // Silence: nothing but the timers is left to notice a change.
  EXPECT_TRUE(rig.events.stop());
  for (const auto& change : changes) {
    set_clock(change);
    lapse(1s);
  }
  EXPECT_EQ(rig.source_tap->links(), 1U) << "no connection was given up\n" << rig.output();
  EXPECT_EQ(rig.sink_tap->links(), 1U);
  expect_settled(rig);
  const auto verdict = rig.oracle.verdict();
  EXPECT_EQ(verdict.repeats + verdict.second_events, 0U);
  EXPECT_EQ(rig.stop(), 0) << rig.output();
}

// An incomplete frame must neither time out early nor stay for ever.
TEST_F(ClockChanges, DoNotHastenATimeOut) {
  Rig rig(seed_);
  rig.variables["FRAMING_TYPE"] = "lines";
  rig.variables["FRAMING_TIMEOUT"] = "3s";
  rig.begin({}, with_fake_clock());
  MqttPeer publisher(rig.broker.port(), "another");
  publisher.publish("events/b", "no end of line");
  const auto begun = Rig::Clock::now();
  set_clock("+1h");
  lapse(1500ms);
  EXPECT_EQ(rig.oracle.seen(), 0U) << "timed out early";
  set_clock("-1h");
  EXPECT_TRUE(rig.oracle.wait_for_more_than(0)) << "never timed out\n" << rig.output();
  EXPECT_GE(since(begun), 2600ms) << "it counts in eighths";
  EXPECT_LE(since(begun), 8s);
  figure("timed_out_after_ms", since(begun).count());
}

}  // namespace
}  // namespace millrace::test
