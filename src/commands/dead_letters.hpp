// millrace dead-letters replay
#pragma once

#include <iosfwd>
#include <string>

#include "millrace/config.hpp"

namespace millrace {

struct ReplayArguments {
  std::string file;      ///< `-`: standard input
  bool publish = false;  ///< else only shown
};

/// More on it, for `--help`.
extern const char* const kReplayHelp;

/// Reads dead letters, one JSON object a line, and shows on `out` what would be published; with
/// `publish` publishes each original, with its properties, to the topic that it came on, at the
/// source's broker, with QoS 1. Blank lines are passed over. `err` gets a line for each letter that
/// cannot be published, and on a terminal how far it is.
///
/// The exit code: 0 where every letter was published (or can be, as far as the letter says), else
/// 1; 2 where the source is no MQTT broker or the file cannot be read.
///
/// `block_signals` has been called. A signal ends the process here.
[[nodiscard]] int replay_dead_letters(const ReplayArguments& arguments, const Config& config,
                                      std::ostream& out, std::ostream& err);

}  // namespace millrace
