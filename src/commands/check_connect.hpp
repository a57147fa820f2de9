// millrace check --connect
#pragma once

#include <iosfwd>

#include "millrace/config.hpp"

namespace millrace {

struct ConnectArguments {
  bool connect = false;
  bool probe = false;  ///< also whether its topics may be published to
  bool json = false;   ///< one JSON object instead of lines
};

/// More on it, for `--help`.
extern const char* const kConnectHelp;

/// Opens every connection as a run would, under client ids of its own (`…-check`) so that a running
/// millrace keeps its sessions, and says for each what was tried and what came back: name, TCP,
/// TLS, and what the protocol on top answers. Filters of the form `$share/…` are left out:
/// subscribing would take messages away from others. `probe`: see `probe_mqtt_topics`.
///
/// `out` gets, for each connection, `NAME URL: ok` or `FAILED` and its steps; `err` a line for each
/// step that failed: `NAME URL: STEP: why`.
///
/// The exit code: 0 where all could be opened, else 1.
[[nodiscard]] int check_connections(const Config& config, const ConnectArguments& arguments,
                                    std::ostream& out, std::ostream& err);

}  // namespace millrace
