// millrace run
#pragma once

#include <functional>

#include "millrace/config.hpp"
#include "millrace/processor.hpp"

namespace millrace {

/// Runs until a signal, the end of a finite source, or a failure. The exit code.
///
/// `load` reads the configuration again, at SIGHUP; it throws what one that cannot work throws.
/// `processor`, where given, works in the place of the configured one: in a program of one's own.
/// `block_signals` has been called. Where a run ends otherwise than in order, the process ends
/// here.
[[nodiscard]] int run(const Config& config, bool accept_backlog, std::function<Config()> load,
                      ProcessorPtr processor = {});

}  // namespace millrace
