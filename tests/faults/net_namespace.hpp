// NetNamespace: a network of its own for one process, with a cable to this one.
#pragma once

#include <string>
#include <vector>

#include "support/mqtt_packet.hpp"

namespace millrace::test {

/// Two virtual interfaces, one inside; what passes between them the kernel can be told to drop.
///
/// Errors: throws `std::runtime_error` where a tool fails; ask `lacking` first.
class NetNamespace {
 public:
  /// What this machine has not got for it, in words; empty where it has everything.
  [[nodiscard]] static std::string lacking();

  NetNamespace();
  ~NetNamespace();
  NetNamespace(const NetNamespace&) = delete;
  NetNamespace& operator=(const NetNamespace&) = delete;

  /// The address of this side, which what runs inside can reach.
  [[nodiscard]] const std::string& outside() const { return outside_; }

  /// Executes a command inside, to put before it.
  [[nodiscard]] std::vector<std::string> wrapper() const;

  /// Drops every packet of one way, seen from inside: nothing is heard of it, nothing is closed.
  void drop(Direction direction, bool on) const;

 private:
  void inside(const std::vector<std::string>& command) const;

  std::string name_;
  std::string outside_;
};

}  // namespace millrace::test
