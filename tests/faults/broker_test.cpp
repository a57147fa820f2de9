// Brokers that end, die and forget: what millrace acknowledged comes out.
#include <algorithm>

#include "faults/rig.hpp"
#include "faults/wire_book.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

enum class Way { restarted, killed, wiped };

class BrokerFaults : public RigCase {
 protected:
  // `broker`: the one of the rig that suffers. Its persistence writes everything at every change,
  // so the load is moderate; and it has to last longer than what is taken for a contest with
  // another client of the same id.
  void run(Rig& rig, Mosquitto& broker, Way way, int times) {
    WireBook book(rig.kind());
    rig.source_tap->intercept(book.at_source());
    rig.sink_tap->intercept(book.at_sink());
    rig.begin();
    rig.events.start(300);
    for (int time = 0; time < times; ++time) {
      lapse(between(5100ms, 7000ms));
      take_away(broker, way);
      lapse(between(0ms, scaled(1500ms, 6000ms)));
      broker.start();
      ASSERT_NO_FATAL_FAILURE(expect_soon_ready(rig));
    }
    figure("times", times);
    figure("slowest_return_ms", slowest_.count());
    EXPECT_TRUE(rig.events.stop());
    const bool complete = rig.oracle.wait_for_all(5s);
    EXPECT_TRUE(complete || way != Way::restarted) << rig.output();
    const auto excused = book.excuse(rig.oracle);
    figure("lost_by_broker_before_millrace", excused.before);
    figure("lost_by_broker_after_millrace", excused.after);
    const auto unmarked = book.unmarked_deliveries();
    figure("delivered_again_unmarked", unmarked);
    expect_fresh_event_and_kept(rig, unmarked);
    if (HasFailure()) std::cout << "delivered again:\n" << book.repeated_deliveries();
    rig.source_tap->intercept({});
    rig.sink_tap->intercept({});
  }

  static void take_away(Mosquitto& broker, Way way) {
    switch (way) {
      case Way::restarted:
        return broker.stop();
      case Way::killed:
        return broker.kill();
      case Way::wiped:
        broker.stop();
        return broker.wipe();
    }
  }

  void expect_soon_ready(Rig& rig) {
    const auto back = Rig::Clock::now();
    ASSERT_TRUE(rig.millrace().wait_until_ready()) << rig.output();
    slowest_ = std::max(slowest_, since(back));
    EXPECT_LE(since(back), 5s) << "to a granted subscription";
  }

  static RigOptions one_broker() { return {.broker = {.persistence = true}, .taps = true}; }
  static RigOptions two_brokers() {
    return {.broker = {.persistence = true}, .own_sink_broker = true, .taps = true};
  }

 private:
  milliseconds slowest_{0};
};

TEST_F(BrokerFaults, OneBrokerRestarted) {
  Rig rig(seed_, one_broker());
  run(rig, rig.broker, Way::restarted, scaled(2, 20));
}

TEST_F(BrokerFaults, SourceBrokerKilled) {
  Rig rig(seed_, two_brokers());
  run(rig, rig.broker, Way::killed, scaled(2, 20));
}

TEST_F(BrokerFaults, SinkBrokerKilled) {
  Rig rig(seed_, two_brokers());
  run(rig, *rig.sink_broker, Way::killed, scaled(2, 20));
}

TEST_F(BrokerFaults, SourceBrokerWiped) {
  Rig rig(seed_, two_brokers());
  run(rig, rig.broker, Way::wiped, scaled(1, 5));
}

TEST_F(BrokerFaults, SinkBrokerWiped) {
  Rig rig(seed_, two_brokers());
  run(rig, *rig.sink_broker, Way::wiped, scaled(1, 5));
}

}  // namespace
}  // namespace millrace::test
