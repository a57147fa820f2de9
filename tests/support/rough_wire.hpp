// RoughWire: a TCP proxy that treats bytes as a bad network does. It knows nothing of MQTT.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/mqtt_packet.hpp"

namespace millrace::test {

/// Point a client at `url()`. No byte is ever lost within a connection, as TCP would have it: a
/// direction that is blocked keeps what waits in it.
///
/// Threads: all methods from any. One thread of its own moves the bytes.
class RoughWire {
 public:
  struct Shape {
    std::chrono::milliseconds latency{0};  ///< each way …
    std::chrono::milliseconds jitter{0};   ///< … more or less by so much
    std::size_t bytes_per_second = 0;      ///< each way; 0: without limit
    std::size_t segment = 0;               ///< most bytes of one write; 0: without limit
  };

  /// The server's port on 127.0.0.1.
  explicit RoughWire(std::uint16_t server_port);
  ~RoughWire();
  RoughWire(const RoughWire&) = delete;
  RoughWire& operator=(const RoughWire&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::string url() const;  ///< `mqtt://localhost:<port>`

  void shape(const Shape& shape);            ///< what is read from now on
  void block(Direction direction, bool on);  ///< nothing moves that way, in any connection
  void refuse(bool on);                      ///< resets what connects while on
  void cut();                                ///< resets every connection, on both sides

  /// When clients connected, also those that were refused.
  [[nodiscard]] std::vector<std::chrono::steady_clock::time_point> attempts() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace millrace::test
