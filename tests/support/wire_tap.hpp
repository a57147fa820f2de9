// WireTap: a TCP proxy before a broker that notes every MQTT packet, and can harm the link.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/mqtt_packet.hpp"
#include "support/wait.hpp"

namespace millrace::test {

/// Point a client at `url()`; what it and the broker say passes through, packet by packet. A link
/// that does not begin with a CONNECT (TLS) is passed on as it is, and not noted.
///
/// Threads: all methods from any. One thread of its own moves the bytes.
class WireTap {
 public:
  enum class Action { pass, drop, cut };
  using Interceptor = std::function<Action(Packet&)>;

  /// The broker's port on 127.0.0.1. It need not listen yet.
  explicit WireTap(std::uint16_t broker_port);
  ~WireTap();
  WireTap(const WireTap&) = delete;
  WireTap& operator=(const WireTap&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::string url() const;  ///< `mqtt://127.0.0.1:<port>`

  /// Everything that has passed so far, in the order in which it came here.
  [[nodiscard]] std::vector<Packet> packets() const;
  void forget();       ///< begins the notes afresh
  void note(bool on);  ///< whether packets are noted at all: a long run has too many

  /// Asked about each packet, on the tap's thread, before it passes; a packet that is dropped or
  /// cuts the link is noted too.
  void intercept(Interceptor interceptor);

  void cut();                               ///< resets every link, on both sides (RST)
  void close_links();                       ///< ends every link, on both sides (FIN)
  void hold(bool on);                       ///< moves no bytes while on; links stay
  void refuse(bool on);                     ///< resets what connects while on
  [[nodiscard]] std::size_t links() const;  ///< open ones

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace millrace::test
