// A program that a test runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace millrace::test {

/// Started by the constructor; killed by the destructor if it still runs, and also when the test
/// itself dies.
class ChildProcess {
 public:
  /// `log`: the file that gets stdout and stderr; empty: those of the test.
  /// Errors: throws `std::runtime_error` where it cannot be started.
  explicit ChildProcess(std::vector<std::string> command, const std::string& log = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// Its exit code, negative the signal that ended it; nothing while it runs.
  [[nodiscard]] std::optional<int> ended();
  std::optional<int> wait(std::chrono::milliseconds patience);

  void signal(int number) const;

 private:
  pid_t pid_ = -1;
  std::optional<int> ended_;
};

/// Runs a program to its end; its exit code.
int run_command(std::vector<std::string> command, const std::string& log = "/dev/null");

}  // namespace millrace::test
