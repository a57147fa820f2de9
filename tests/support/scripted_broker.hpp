// ScriptedBroker: an MQTT 5 server that does what a test says, also what no server should.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/mqtt_packet.hpp"

namespace millrace::test {

/// A PUBACK to send.
struct Acknowledgement {
  std::uint16_t id = 0;
  int reason = 0;
  std::chrono::milliseconds delay{0};
};

/// Keeps no sessions. A client that subscribes gets what `deliver` hands over, whatever the topic.
/// What clients publish goes nowhere, but is noted.
///
/// Threads: all methods from any; the script runs on its one thread.
class ScriptedBroker {
 public:
  struct Script {
    /// Receive Maximum of the CONNACK; without one there is no such property.
    std::optional<std::uint16_t> receive_maximum;
    /// SUBACK's reason code for each SUBSCRIBE, which are counted from 0.
    std::function<int(std::size_t subscribe)> grant = [](std::size_t) { return 1; };
    /// What a PUBLISH is answered with: usually one PUBACK, at once.
    std::function<std::vector<Acknowledgement>(const Packet& publish)> acknowledge =
        [](const Packet& publish) { return std::vector<Acknowledgement>{{publish.id, 0, {}}}; };
  };

  explicit ScriptedBroker(Script script);
  ~ScriptedBroker();
  ScriptedBroker(const ScriptedBroker&) = delete;
  ScriptedBroker& operator=(const ScriptedBroker&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::string url() const;  ///< `mqtt://localhost:<port>`

  /// Sends to the subscribed client with QoS 1. False while there is none.
  [[nodiscard]] bool deliver(const std::string& topic, const std::string& payload);

  /// Every PUBLISH of clients so far, in the order in which they came; `link` tells connections.
  [[nodiscard]] std::vector<Packet> published() const;
  [[nodiscard]] std::size_t subscribes() const;
  [[nodiscard]] std::size_t connects() const;

  /// The most PUBLISHes of one connection that were not yet answered at a time.
  [[nodiscard]] std::size_t most_unanswered() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace millrace::test
