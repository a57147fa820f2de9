// millrace check --connect
#pragma once

#include <iosfwd>

#include "millrace/config.hpp"

namespace millrace {

/// Opens every connection as a run would, under client ids of its own (`…-check`) so that a running
/// millrace keeps its sessions, and says for each what came of it, a line each. Filters of the form
/// `$share/…` are left out: subscribing would take messages away from others.
///
/// The exit code: 0 where all could be opened, else 1.
[[nodiscard]] int check_connections(const Config& config, std::ostream& out, std::ostream& err);

}  // namespace millrace
