// MqttLink: one Paho client, for one connection.
#pragma once

#include <mqtt/async_client.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "net/mqtt_options.hpp"
#include "net/mqtt_socket.hpp"
#include "net/socket_watch.hpp"

namespace millrace {

/// What the server said in CONNACK (MQTT 5, 3.2.2).
struct MqttSession {
  bool present = false;  ///< it has kept our session
  unsigned receive_maximum = 65535;
  std::optional<std::uint32_t> maximum_packet_size;
  int maximum_qos = 2;
  bool retain_available = true;
};

/// What a link tells. Threads: Paho's, with Paho's global lock held: return soon, call no client.
class MqttLinkEvents {
 public:
  virtual ~MqttLinkEvents() = default;
  virtual void link_opened(std::uint64_t generation, const MqttSession& session) = 0;
  /// `reason_code`: of a CONNACK that refuses, as MQTT 5 has it; or 0.
  virtual void link_failed(std::uint64_t generation, std::string reason, int reason_code) = 0;
  /// May come twice for one loss. `reason_code`: of the server's DISCONNECT, only once; or 0.
  virtual void link_lost(std::uint64_t generation, int reason_code) = 0;
  /// The message is acknowledged when this has returned, unless it returns an error.
  [[nodiscard]] virtual std::error_code link_message(const mqtt::message& message) = 0;
  /// `link_message` returned this error. Nothing more is handed in.
  virtual void link_refused(std::uint64_t generation, std::error_code error) = 0;
};

/// A client that connects once.
///
/// Every connection has a client of its own, because Paho keeps what was handed to it and not yet
/// written, and would send it at the next connection, before and beside what we send again.
/// Callbacks are set before `open`: set later, messages of a kept session are lost; set twice,
/// Paho C++ 1.2.0 deadlocks.
///
/// Threads: the control thread, but for `client()`, which may be used to publish from any.
/// Lifetime: `events` outlives it. The destructor waits for a running callback; none comes after.
class MqttLink final : mqtt::iaction_listener {
 public:
  MqttLink(const MqttOptions& options, std::uint64_t generation, MqttLinkEvents& events);
  ~MqttLink() override;
  MqttLink(const MqttLink&) = delete;
  MqttLink& operator=(const MqttLink&) = delete;

  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
  [[nodiscard]] mqtt::async_client& client() noexcept { return client_; }
  [[nodiscard]] bool socket_held() const noexcept { return socket_.held(); }

  /// Begins to connect. An empty text, or why that is not possible.
  [[nodiscard]] std::string open();

  /// The control thread has heard of `link_opened`.
  void settle();

  /// Ends an open connection so that the server learns of everything that was acknowledged: at
  /// most 5 s, some milliseconds as a rule. Messages may arrive until it returns. After a refused
  /// message there is no DISCONNECT, but the same care for what was acknowledged before it.
  void end_cleanly();

 private:
  void disconnect();
  void on_success(const mqtt::token& token) override;
  void on_failure(const mqtt::token& token) override;
  void on_message(const mqtt::const_message_ptr& message);

  const MqttOptions& options_;
  std::uint64_t generation_;
  MqttLinkEvents& events_;
  std::optional<SocketWatch> watch_;
  MqttSocket socket_;
  std::atomic<bool> refusing_ = false;  // set on Paho's receive thread
  mqtt::async_client client_;
};

}  // namespace millrace
