// Connection state, as sources and sinks report it.
#pragma once

#include <optional>
#include <string>

namespace millrace {

/// Which end of the pipeline speaks. Dead letters have an end of their own only where they do not
/// travel on the results' connection.
enum class End { source, sink, dead_letters };

/// What health and operators are told of a connection.
struct ConnectionState {
  bool ok = false;         ///< a source: subscribed and granted; a sink: connected
  bool connected = false;  ///< the link itself is up
  std::string reason;      ///< why it is not ok, in one line; empty when it is
  bool expected = false;   ///< not ok, but nothing is wrong: it begins, pauses or stops
  /// Told when an MQTT connection opens: whether the broker had kept our session.
  std::optional<bool> session_present = {};
};

}  // namespace millrace
