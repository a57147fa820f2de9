// What `millrace check --connect` prints.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "net/peer_channel.hpp"

namespace millrace {

/// What was tried of one connection.
struct CheckedConnection {
  std::string name;  ///< `source`, `sink`, `dead letters` or `status`
  std::string url;   ///< scheme, host and port
  std::vector<ConnectStep> steps;

  [[nodiscard]] bool ok() const;
};

/// A heading and a line for each step on `out`; on `err` a line for each that failed.
void print_check_lines(const std::vector<CheckedConnection>& all, std::ostream& out,
                       std::ostream& err);

/// `{"ok", "connections": [{"name", "url", "ok", "steps": [{"step", "ok", "detail"}]}]}`.
void print_check_json(const std::vector<CheckedConnection>& all, std::ostream& out);

}  // namespace millrace
