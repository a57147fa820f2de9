// A bad network between millrace and its brokers.
#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "faults/process_figures.hpp"
#include "faults/rig.hpp"
#include "support/rough_wire.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kWindow = 64;  // limits.in_flight
constexpr std::uint64_t kMiB = 1U << 20U;

enum class End { source, sink };

class Network : public RigCase {
 protected:
  Network() : rig_(seed_), source_wire_(rig_.broker.port()), sink_wire_(rig_.broker.port()) {
    rig_.variables["SOURCE_URL"] = source_wire_.url();
    rig_.variables["SINK_URL"] = sink_wire_.url();
  }

  void begin(unsigned per_second) {
    rig_.begin();
    watch_ = std::make_unique<ProcessWatch>(rig_.millrace().pid(), 200ms);
    rig_.events.start(per_second);
  }

  // The faults are over: results come again soon. Returns when the first one has.
  void expect_soon_a_result(milliseconds patience = 5s) {
    const auto over = Rig::Clock::now();
    rig_.fence();
    const auto first = rig_.time_to_more_than(rig_.oracle.seen(), over, 45s);
    ASSERT_TRUE(first) << rig_.output();
    EXPECT_LE(*first, patience) << rig_.output();
    slowest_ = std::max(slowest_, *first);
  }

  void finish(milliseconds patience = 30s) {
    figure("slowest_return_ms", slowest_.count());
    expect_settled(rig_, patience);
    const auto memory = watch_->most_bytes();
    EXPECT_LE(memory, 50 * kMiB);
    figure("memory_mib_most", static_cast<double>(memory) / kMiB);
  }

  RoughWire& wire(End end) { return end == End::source ? source_wire_ : sink_wire_; }

  Rig rig_;
  RoughWire source_wire_;
  RoughWire sink_wire_;

 private:
  std::unique_ptr<ProcessWatch> watch_;
  milliseconds slowest_{0};
};

void PrintTo(End end, std::ostream* out) {
  *out << (end == End::source ? "source" : "sink");
}

class NetworkOfAnEnd : public Network, public ::testing::WithParamInterface<End> {
 protected:
  RoughWire& wire() { return Network::wire(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(At, NetworkOfAnEnd, ::testing::Values(End::source, End::sink),
                         [](const auto& end) {
                           return end.param == End::source ? "Source" : "Sink";
                         });

// The waits double from 200 ms to 4 s, each longer by up to a half.
TEST_P(NetworkOfAnEnd, IsCutForLong) {
  begin(300);
  const auto lengths =
      full_form() ? std::vector<milliseconds>{1s, 30s, 120s} : std::vector<milliseconds>{6s};
  for (const auto length : lengths) {
    // Connected so long, the waits begin afresh.
    lapse(scaled(1s, 11s));
    const auto before = wire().attempts().size();
    const auto cut = Rig::Clock::now();
    wire().refuse(true);
    wire().cut();
    lapse(length);
    const auto attempts = wire().attempts();
    wire().refuse(false);
    ASSERT_NO_FATAL_FAILURE(expect_soon_a_result());
    auto last = cut;
    auto wait = 200ms;
    for (std::size_t i = before; i < attempts.size(); ++i) {
      const auto waited = std::chrono::duration_cast<milliseconds>(attempts[i] - last);
      EXPECT_GE(waited, wait * 9 / 10) << "attempt " << i - before;
      EXPECT_LE(waited, std::min(wait * 3 / 2, milliseconds(4s)) + 800ms)
          << "attempt " << i - before;
      last = attempts[i];
      wait = std::min(wait * 2, milliseconds(4s));
    }
    EXPECT_GT(attempts.size(), before);
  }
  finish();
}

struct Silence {
  const char* name;
  std::vector<Direction> directions;
};

void PrintTo(const Silence& silence, std::ostream* out) {
  *out << silence.name;
}

class SilentNetwork : public Network, public ::testing::WithParamInterface<Silence> {};

INSTANTIATE_TEST_SUITE_P(Of, SilentNetwork,
                         ::testing::Values(Silence{"ABlackHole",
                                                   {Direction::to_broker, Direction::to_client}},
                                           Silence{"TheWayToTheBroker", {Direction::to_broker}},
                                           Silence{"TheWayBack", {Direction::to_client}}),
                         [](const auto& silence) { return silence.param.name; });

TEST_P(SilentNetwork, IsNoticedInOneAndAHalfKeepAlives) {
  const milliseconds keep_alive = scaled(4s, 20s);
  const auto text = std::to_string(keep_alive.count() / 1000) + "s";
  rig_.variables["SOURCE_KEEP_ALIVE"] = text;
  rig_.variables["SINK_KEEP_ALIVE"] = text;
  begin(300);
  lapse(2s);
  const std::vector<RoughWire*> wires{&source_wire_, &sink_wire_};
  std::vector<std::size_t> attempts;
  for (auto* wire : wires) attempts.push_back(wire->attempts().size());
  const auto silent = Rig::Clock::now();
  for (auto* wire : wires) {
    for (const auto direction : GetParam().directions) wire->block(direction, true);
  }
  for (std::size_t i = 0; i < wires.size(); ++i) {
    EXPECT_TRUE(
        wait_until([&] { return wires[i]->attempts().size() > attempts[i]; }, keep_alive * 3))
        << (i == 0 ? "source\n" : "sink\n") << rig_.output();
    EXPECT_LE(since(silent), keep_alive * 3 / 2 + 600ms) << (i == 0 ? "source" : "sink");
  }
  figure("noticed_after_ms", since(silent).count());
  lapse(scaled(1s, 60s));
  for (auto* wire : wires) {
    for (const auto direction : GetParam().directions) wire->block(direction, false);
  }
  ASSERT_NO_FATAL_FAILURE(expect_soon_a_result());
  finish();
}

// Three closes within seconds look like a contest with another client of the same id, of which the
// broker says nothing else: millrace waits for half a minute then.
TEST_F(Network, IsResetEverySecond) {
  begin(300);
  for (int resets = scaled(8, 100); resets > 0; --resets) {
    lapse(1s);
    source_wire_.cut();
    sink_wire_.cut();
  }
  ASSERT_NO_FATAL_FAILURE(expect_soon_a_result(40s));
  finish(60s);
  EXPECT_LE(rig_.oracle.verdict().repeats, kWindow * scaled(8U, 100U));
}

TEST_F(Network, IsSlowToAnswer) {
  for (const auto end : {End::source, End::sink}) {
    wire(end).shape({.latency = 500ms, .jitter = 200ms});
  }
  rig_.variables["SOURCE_KEEP_ALIVE"] = "4s";
  rig_.variables["SINK_KEEP_ALIVE"] = "4s";
  begin(30);
  lapse(scaled(8s, 120s));
  finish();
  EXPECT_EQ(source_wire_.attempts().size(), 1U) << "nothing was given up";
  EXPECT_EQ(sink_wire_.attempts().size(), 1U);
}

TEST_F(Network, IsNarrow) {
  for (const auto end : {End::source, End::sink}) {
    wire(end).shape({.bytes_per_second = 32'000});
  }
  begin(20);
  EXPECT_TRUE(rig_.events.stop());
  rig_.events.publish(scaled(1000, 5000));  // more than it can pass for a while
  rig_.events.start(20);
  lapse(scaled(5s, 60s));
  finish(60s);
  EXPECT_EQ(source_wire_.attempts().size(), 1U) << "nothing was given up";
  EXPECT_EQ(sink_wire_.attempts().size(), 1U);
}

TEST_F(Network, PassesOneByteAtATime) {
  for (const auto end : {End::source, End::sink}) wire(end).shape({.segment = 1});
  begin(20);
  lapse(scaled(6s, 60s));
  finish();
  EXPECT_EQ(source_wire_.attempts().size(), 1U);
  EXPECT_EQ(sink_wire_.attempts().size(), 1U);
}

}  // namespace
}  // namespace millrace::test
