// What is wrong with a command line, in one line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace millrace {

/// What could not be used, where, and what is allowed there. `app`: as it is after it threw
/// `error`.
[[nodiscard]] std::string usage_problem(const CLI::App& app, const CLI::ParseError& error);

/// Refuses what is no whole number from 1 on.
[[nodiscard]] CLI::Validator count_from_one();

/// Refuses what has wildcards where a topic filter has none.
[[nodiscard]] CLI::Validator stream_or_filter();

}  // namespace millrace
