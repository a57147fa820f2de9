// Two examples for each command.
#pragma once

#include <string>

namespace millrace {

/// What `--help` of a command ends with: `Examples:` and a comment and a command line for each.
/// `command`: its words, such as `journal stat`; empty: the program itself. Empty for a command
/// that is not known here.
[[nodiscard]] std::string examples_of(const std::string& command);

}  // namespace millrace
