// Mosquitto: a private broker for a test.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace millrace::test {

/// What a broker is to be like. Its queues are never bounded.
struct BrokerOptions {
  bool persistence = false;  ///< sessions and retained messages survive `restart` (not `kill`)
  std::string username;      ///< not empty: nobody gets in without
  std::string password;
  std::string acl;                  ///< an ACL file's content; empty: everything is allowed
  bool subscriptions = true;        ///< false: granted to nobody, which no ACL file can say
  std::vector<std::string> config;  ///< more lines for mosquitto.conf, global ones
  std::vector<std::string> listener_config;  ///< and such of the listeners (TLS …)
  bool websockets = false;                   ///< a second listener speaks WebSocket
};

/// A Mosquitto on a free port of 127.0.0.1, with its files in a folder of its own. It accepts
/// connections when the constructor, `start` or `restart` returns.
///
/// Errors: throws `std::runtime_error` where it does not start; its log is in the message.
class Mosquitto {
 public:
  explicit Mosquitto(BrokerOptions options = {});
  ~Mosquitto();
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const;  ///< `mqtt://127.0.0.1:<port>`
  [[nodiscard]] std::uint16_t websocket_port() const noexcept { return websocket_port_; }
  [[nodiscard]] std::string log() const;

  void stop();  ///< SIGTERM, and waits: clients see the connection close
  void kill();  ///< SIGKILL: what was not saved is lost
  void start();
  void restart();
  void allow(const std::string& acl);  ///< another ACL file, from now on
  void wipe();  ///< while it is stopped: forgets sessions and retained messages

 private:
  [[nodiscard]] bool try_start();
  [[nodiscard]] bool listens() const;
  void write_config();

  BrokerOptions options_;
  TempFolder folder_;
  std::uint16_t port_ = 0;
  std::uint16_t websocket_port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace millrace::test
