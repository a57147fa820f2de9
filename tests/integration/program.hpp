// Program: the millrace under test, as a user starts it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"
#include "support/wait.hpp"

namespace millrace::test {

using Variables = std::map<std::string, std::string>;

/// How a program is started, where that is not the usual way.
struct Launch {
  std::vector<std::string> wrapper;        ///< a command that executes the one after it
  std::string program = MILLRACE_PROGRAM;  ///< its path
};

/// `millrace` with these arguments and `MILLRACE_…` variables, its output in files.
class Program {
 public:
  explicit Program(const Variables& variables, const std::vector<std::string>& arguments = {},
                   const Launch& launch = {});

  /// Waits until `/readyz` says so. False when it has ended, or does not become ready.
  [[nodiscard]] bool wait_until_ready();

  /// The JSON object of /readyz.
  [[nodiscard]] std::string readiness() const { return ask("/readyz"); }

  /// What it answers to a GET of `path`; empty where it does not.
  [[nodiscard]] std::string ask(const std::string& path) const;

  /// SIGTERM; its exit code, nothing if it does not end.
  std::optional<int> stop();
  std::optional<int> wait(std::chrono::milliseconds patience = kPatience) {
    return process_->wait(patience);
  }
  void signal(int number) const { process_->signal(number); }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }

  /// What it has written so far.
  [[nodiscard]] std::string output() const;

 private:
  TempFolder folder_;
  std::uint16_t http_port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace millrace::test
