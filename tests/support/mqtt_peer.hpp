// MqttPeer: another MQTT client than the one under test, on libmosquitto.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "millrace/chunk.hpp"
#include "support/wait.hpp"

struct mosquitto;

namespace millrace::test {

/// A message as a peer received it.
struct PeerMessage {
  std::string topic;
  std::string payload;
  int qos = 0;
  bool retain = false;
  Properties properties;
};

struct PeerOptions {
  bool persistent = false;  ///< keeps its session, and comes back to it
  std::string username;
  std::string password;
  /// Gets each message, on libmosquitto's thread; it is not kept then.
  std::function<void(const PeerMessage&)> on_message;
  /// Hears, on either thread, that the broker has answered what `post_numbered` handed over, and
  /// the reason code.
  std::function<void(std::uint64_t number, int reason)> on_acknowledged;
};

/// Publishes and observes, with MQTT 5. Connects again by itself, and subscribes again then.
///
/// Threads: all methods from the test's; callbacks run on libmosquitto's.
/// Errors: throws `std::runtime_error` where the broker does not answer in `kPatience`.
class MqttPeer {
 public:
  MqttPeer(std::uint16_t port, const std::string& id, const PeerOptions& options = {});
  ~MqttPeer();
  MqttPeer(const MqttPeer&) = delete;
  MqttPeer& operator=(const MqttPeer&) = delete;

  /// Returns when it is granted.
  void subscribe(const std::string& filter, int qos = 1);

  /// Returns when the broker has acknowledged it.
  void publish(const std::string& topic, const std::string& payload, int qos = 1,
               bool retain = false, const Properties& properties = {});

  /// Hands it over only; `flush` waits until everything so handed over is acknowledged.
  void post(const std::string& topic, const std::string& payload, int qos = 1, bool retain = false,
            const Properties& properties = {});
  [[nodiscard]] bool flush(std::chrono::milliseconds patience = kPatience);

  /// The same with QoS 1, under a number that `on_acknowledged` is told.
  void post_numbered(const std::string& topic, const std::string& payload, std::uint64_t number);
  [[nodiscard]] std::size_t unacknowledged() const;

  [[nodiscard]] std::vector<PeerMessage> messages() const;
  [[nodiscard]] std::vector<std::string> payloads() const;
  [[nodiscard]] std::size_t count() const;

  /// True when at least so many have come.
  [[nodiscard]] bool wait_for(std::size_t count, std::chrono::milliseconds patience = kPatience);

 private:
  struct Callbacks;

  int hand_over(const std::string& topic, const std::string& payload, int qos, bool retain,
                const Properties& properties);
  void handed_over(int id, std::uint64_t number);
  void acknowledged(int id, int reason);

  template <typename Condition>
  [[nodiscard]] bool wait(Condition condition, std::chrono::milliseconds patience = kPatience);

  const PeerOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<PeerMessage> messages_;
  std::map<std::string, int> filters_;
  std::map<int, std::uint64_t> unacknowledged_;  // numbers by packet identifier
  std::map<int, int> acknowledged_early_;        // reasons by packet identifier
  std::size_t granted_ = 0;
  bool connected_ = false;
  mosquitto* client_ = nullptr;
};

}  // namespace millrace::test
