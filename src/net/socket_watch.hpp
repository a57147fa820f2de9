// SocketWatch: which socket a Paho client has been given.
#pragma once

#include <string>

#include "net/mqtt_socket.hpp"

namespace millrace {

/// Learns the socket of a client while that connects.
///
/// Paho's API does not tell. Its protocol trace (`MQTTAsync_setTraceCallback`) does: `3 millrace ->
/// CONNECT version 5 …`, descriptor and client id. The trace is on only while somebody watches,
/// for each line costs some formatting.
///
/// Threads: `take` from any; construct and destroy without a lock that a Paho callback takes.
/// Lifetime: two watches at a time must not have the same client id.
class SocketWatch {
 public:
  explicit SocketWatch(std::string client_id);
  ~SocketWatch();
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;

  /// The socket, once; holds nothing where the trace has not told.
  [[nodiscard]] MqttSocket take();

 private:
  friend class PahoTrace;

  std::string client_id_;
  MqttSocket socket_;
};

}  // namespace millrace
