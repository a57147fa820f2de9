// EventStream: publishes numbered events.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "faults/oracle.hpp"
#include "support/mqtt_peer.hpp"

namespace millrace::test {

/// One publisher with a persistent session, so that a broker that comes back gets what it has not
/// acknowledged; in the order of the numbers, from 0. Number n goes to topic n modulo topics.
///
/// Threads: all methods from the test's; one of its own publishes.
class EventStream {
 public:
  /// `events` and `oracle` outlive it. `port`: the broker's on 127.0.0.1.
  EventStream(std::uint16_t port, const NumberedEvents& events, Oracle& oracle,
              std::vector<std::string> topics = {"events/a"});
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// From now on so many a second, evenly; what was missed is made up for. 0: as fast as the broker
  /// takes them.
  void start(unsigned per_second);

  /// Publishes no more, and waits until everything is acknowledged. False where it is not.
  [[nodiscard]] bool stop(std::chrono::milliseconds patience = std::chrono::seconds(60));

  /// So many at once. Not while it runs.
  void publish(std::uint64_t count);
  std::uint64_t publish_one();  ///< its number

  [[nodiscard]] std::uint64_t published() const { return next_.load(); }

 private:
  void run(const std::stop_token& stop, unsigned per_second);

  const NumberedEvents& events_;
  Oracle& oracle_;
  const std::vector<std::string> topics_;
  std::atomic<std::uint64_t> next_ = 0;
  MqttPeer peer_;
  std::jthread thread_;
};

}  // namespace millrace::test
