// millrace test
#pragma once

#include <iosfwd>
#include <string>

#include "config/load.hpp"

namespace millrace {

/// What is written in a test file, for `--help`.
extern const char* const kTestFileHelp;

/// Runs the cases of a test file through the configuration that it names, exec included, without a
/// network and without a journal, and prints a line for each; for one that failed also how it
/// differs from what is expected. `inputs.file` and `inputs.set` as in `load_test_file`.
///
/// The exit code: 0, 1 where a case failed or one was not run. Where calls are still under way
/// then, the process ends here. Errors: throws `ConfigError` for a file that cannot be used.
///
/// `block_signals` has been called, and no thread been made.
[[nodiscard]] int test(const std::string& path, const ConfigInputs& inputs, std::ostream& out);

}  // namespace millrace
