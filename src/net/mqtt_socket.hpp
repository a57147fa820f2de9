// MqttSocket: a hold of our own on the TCP connection of a Paho client.
#pragma once

#include <cstdint>

namespace millrace {

/// Owns a duplicate of the descriptor that Paho uses, or nothing.
///
/// Paho closes its socket at once when it disconnects. While the server is still sending, that
/// leaves unread bytes, TCP answers with a reset, and the reset destroys acknowledgements that the
/// server has not read yet: it repeats what was accepted. A duplicate keeps the connection open
/// until the server has read everything and closed its side.
///
/// Threads: one at a time, but for `shut_sending`, which may be called beside anything.
class MqttSocket {
 public:
  MqttSocket() = default;
  /// Duplicates `descriptor`, and sets TCP_NODELAY, which Paho does not: without it, a result of
  /// QoS 0 waits up to 40 ms for the acknowledgement of the one before.
  explicit MqttSocket(int descriptor);
  ~MqttSocket();
  MqttSocket(MqttSocket&& other) noexcept;
  MqttSocket& operator=(MqttSocket&& other) noexcept;

  [[nodiscard]] bool held() const noexcept { return descriptor_ >= 0; }

  /// Nothing more leaves; what Paho still writes fails.
  void shut_sending() const noexcept;

  /// Half-closes, reads to the server's end of the stream (2 s of silence or 5 s in all are
  /// enough), and closes. What is discarded was never acknowledged and comes again.
  void finish() noexcept;

  void close() noexcept;

 private:
  int descriptor_ = -1;
};

/// `shut_sending` for every connection of this process to that port.
void shut_sending_to(std::uint16_t peer_port) noexcept;

/// The only TCP connection of this process to that port, or -1 where there is none or more than
/// one. For when Paho's trace has not told which descriptor is whose.
[[nodiscard]] int find_only_socket(std::uint16_t peer_port) noexcept;

}  // namespace millrace
