// One case of `millrace test`: its run, and how that differs from what is expected.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "commands/test_ends.hpp"
#include "commands/test_file.hpp"
#include "exec/spawner.hpp"

namespace millrace {

/// The trouble of a case that a signal ended; no other is to be begun.
inline constexpr const char* kInterrupted = "interrupted";

/// How a case went.
struct TestRun {
  std::vector<SeenOutcome> outcomes;
  std::string trouble;             ///< why it did not come to its end; empty where it did
  std::vector<std::string> lines;  ///< warnings, and what workers said
  /// Where it has not ended in order: what its threads still use. End the process before that.
  std::shared_ptr<void> running;
};

/// Runs a case through a whole millrace of its own, with the ends in memory. Outcomes are in the
/// order of emission; where `processing.order` promises none between all events, in that of the
/// events.
///
/// `block_signals` has been called. Lifetime: `spawner`, for workers of `exec`, may be null.
[[nodiscard]] TestRun run_test_case(const TestFile& file, const TestCase& test, Spawner* spawner);

/// Lines of a listing that shows where both differ: `- ` what was expected, `+ ` what came, and
/// around them what is as expected. None where nothing differs.
[[nodiscard]] std::vector<std::string> differences(const std::vector<Expectation>& expected,
                                                   const std::vector<SeenOutcome>& seen);

}  // namespace millrace
