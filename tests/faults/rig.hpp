// Rig: millrace with a durable journal between private brokers, a publisher and an observer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "faults/event_stream.hpp"
#include "faults/fault_case.hpp"
#include "faults/numbered_events.hpp"
#include "faults/oracle.hpp"
#include "integration/program.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "support/temp_folder.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {

struct RigOptions {
  enum class Work { identity, square };
  Work work = Work::identity;                   ///< `square` can be slow: set PROCESSING_DELAY
  std::size_t bytes = 120;                      ///< of an event, with `identity`
  std::vector<std::string> topics{"events/a"};  ///< number n goes to topic n modulo topics
  bool topics_are_keys = false;                 ///< order is owed within each topic only
  BrokerOptions broker;
  bool own_sink_broker = false;  ///< results and observer at a broker of their own
  bool taps = false;             ///< between millrace and each end
};

/// Everything of one case. The observer's session is persistent and made before anything runs.
///
/// Threads: the test's.
class Rig {
 public:
  using Clock = std::chrono::steady_clock;

  Rig(std::uint64_t seed, const RigOptions& options = {});

  /// Starts millrace with `variables`; the one before has ended.
  Program& start(const std::vector<std::string>& arguments = {}, const Launch& launch = {});

  /// The same, and waits until it is ready: the broker owes it events from then on. Throws where it
  /// does not become so.
  Program& begin(const std::vector<std::string>& arguments = {}, const Launch& launch = {});
  [[nodiscard]] Program& millrace() const { return *millrace_; }
  void kill();                               ///< SIGKILL; returns when it is gone
  std::optional<int> stop();                 ///< SIGTERM; its exit code
  [[nodiscard]] std::string output() const;  ///< of all that ran, the last of it

  /// Returns when the observer has got everything that the broker has for it.
  void fence();

  /// From `start` to the first result after the first `count`; nothing within `patience`.
  [[nodiscard]] std::optional<std::chrono::milliseconds> time_to_more_than(
      std::size_t count, Clock::time_point start,
      std::chrono::milliseconds patience = kPatience) const;

  /// Publishes one event; how long it takes to its result.
  [[nodiscard]] std::optional<std::chrono::milliseconds> send_fresh_event(
      std::chrono::milliseconds patience = kPatience);

  [[nodiscard]] const NumberedEvents& kind() const { return *kind_; }
  [[nodiscard]] Mosquitto& result_broker() { return sink_broker ? *sink_broker : broker; }
  [[nodiscard]] std::string journal_path() const;
  [[nodiscard]] std::uint64_t journal_bytes() const;  ///< that its files take on disk

 private:
  TempFolder folder_;
  const std::unique_ptr<const NumberedEvents> kind_;
  std::atomic<std::size_t> fences_seen_ = 0;
  std::size_t fences_sent_ = 0;

 public:
  Mosquitto broker;
  const std::unique_ptr<Mosquitto> sink_broker;  ///< null where `broker` serves both
  const std::unique_ptr<WireTap> source_tap;     ///< null without taps
  const std::unique_ptr<WireTap> sink_tap;
  Oracle oracle;
  MqttPeer observer;
  EventStream events;
  Variables variables;

 private:
  void keep_output();

  std::unique_ptr<Program> millrace_;
  std::string past_output_;
};

/// A case with a rig.
class RigCase : public FaultCase {
 protected:
  /// The faults are over: ends the events, waits for all that is owed, then for a fresh event, and
  /// checks the oracle's verdict.
  void expect_settled(Rig& rig, std::chrono::milliseconds patience = std::chrono::seconds(20));

  /// Its last part: a fresh event, then the verdict. `unmarked`: repeats without a mark for which
  /// the broker is to blame.
  void expect_fresh_event_and_kept(Rig& rig, std::size_t unmarked = 0);
};

}  // namespace millrace::test
