// ReconnectPolicy: how long to wait before the next attempt to connect.
#pragma once

#include <chrono>
#include <optional>
#include <random>

#include "millrace/config.hpp"

namespace millrace {

/// Times of a connection that are not configured; tests shorten them.
struct ConnectionTiming {
  std::chrono::milliseconds connect_timeout{10000};   ///< from the attempt to CONNACK, or SUBACK
  std::chrono::milliseconds settled_after{10000};     ///< connected: the back-off begins afresh
  std::chrono::milliseconds quick_close{5000};        ///< closed so soon: maybe taken over
  std::chrono::milliseconds taken_over_wait{30000};   ///< at least, after "session taken over"
  std::chrono::milliseconds publish_deadline{20000};  ///< a PUBACK that takes longer: reconnect
};

/// Exponential back-off with jitter, and the long wait that keeps two programs with one client id
/// from throwing each other out for ever. Pure: the time is passed in.
///
/// Threads: one at a time.
class ReconnectPolicy {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// What to do after a connection was lost.
  struct Wait {
    std::chrono::milliseconds delay{};
    bool taken_over = false;  ///< another client uses our id, as far as can be seen
  };

  ReconnectPolicy(const ReconnectConfig& config, const ConnectionTiming& timing,
                  unsigned seed = std::random_device{}());

  void opened(Time now);

  /// An attempt came to nothing.
  [[nodiscard]] std::chrono::milliseconds failed();

  /// Why an open connection was lost, as far as is known.
  enum class Loss { unexplained, explained, taken_over };

  [[nodiscard]] Wait lost(Time now, Loss loss);

 private:
  [[nodiscard]] std::chrono::milliseconds next_delay();

  ReconnectConfig config_;
  ConnectionTiming timing_;
  std::minstd_rand random_;
  std::chrono::milliseconds base_;
  Time opened_{};
  int quick_closes_ = 0;
};

}  // namespace millrace
