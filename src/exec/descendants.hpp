// Descendants: what has come to be below a process, known or not.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <vector>

namespace millrace {

/// The processes whose parent is `parent`, by /proc; empty where that is not mounted.
[[nodiscard]] std::vector<pid_t> children_of(pid_t parent);

/// SIGKILL to every child of this process, until there is none left or `patience` is over. Where
/// this process is a subreaper (PR_SET_CHILD_SUBREAPER, prctl(2)) their children become its own
/// then, so nothing below it gets away, whatever session or group it has gone to.
void kill_descendants(std::chrono::milliseconds patience);

}  // namespace millrace
