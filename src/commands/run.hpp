// millrace run
#pragma once

#include "millrace/config.hpp"

namespace millrace {

/// Runs until a signal, the end of a finite source, or a failure. The exit code.
///
/// `block_signals` has been called. Where a run ends otherwise than in order, the process ends
/// here.
[[nodiscard]] int run(const Config& config, bool accept_backlog);

}  // namespace millrace
