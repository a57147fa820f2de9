// TestFile: what `millrace test` is to do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/load.hpp"
#include "millrace/chunk.hpp"
#include "millrace/config.hpp"

namespace millrace {

/// What arrives at a time.
struct TestBytes {
  std::string bytes;
  std::shared_ptr<const Properties> properties;
  bool redelivered = false;
};

/// What comes in on a stream: bytes, or that nothing more does.
struct TestInput {
  std::string stream;
  std::variant<TestBytes, CutCause> what;
};

/// What becomes of an event. `dead_letter` and `dropped` are what becomes of a rejected or failed
/// one, and can be expected in the place of those; `stopped`: it ends the run.
enum class TestFate { result, filtered, rejected, failed, dead_letter, dropped, stopped };

[[nodiscard]] std::string_view name_of(TestFate fate) noexcept;

/// One outcome as a case expects it; what is not set may be anything.
struct Expectation {
  TestFate fate = TestFate::result;
  std::string cause;  ///< part of it
  std::optional<std::string> payload;
  std::optional<std::string> stream;
  std::optional<std::string> topic;
  std::optional<std::uint64_t> attempts;
  std::optional<std::string> content_type;
  std::vector<std::pair<std::string, std::string>> user;  ///< each must be there
};

struct TestCase {
  std::string name;
  std::vector<TestInput> inputs;
  std::vector<Expectation> expected;  ///< in the order of emission
};

struct TestFile {
  Config config;            ///< without journal, endpoint, and addresses to listen on
  Duration timeout{30000};  ///< of a case
  std::vector<TestCase> cases;
};

/// Reads a test file. `inputs.file`, where given, is the configuration in the place of the one that
/// the file names; `inputs.set` is stronger than all else. The environment is not looked at: a test
/// is the same everywhere.
///
/// Errors: throws `ConfigError`, one line that says where, what, and what is allowed.
[[nodiscard]] TestFile load_test_file(const std::string& path, ConfigInputs inputs);

}  // namespace millrace
