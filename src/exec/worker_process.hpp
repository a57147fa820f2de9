// WorkerProcess: one process of the command, as the worker that uses it sees it.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "exec/owned_fd.hpp"
#include "exec/spawner.hpp"
#include "exec/stderr_lines.hpp"

namespace millrace {

/// What came of giving a line to a process.
struct Exchange {
  enum class End {
    line,    ///< it answered with one
    died,    ///< it has ended
    late,    ///< the deadline has passed
    broken,  ///< it does not keep to the protocol
  };
  End end = End::line;
  std::string text;     ///< the line without its end; else why, in words
  bool touched = true;  ///< it has read at least a byte of what it was given
  bool excess = false;  ///< more than the line came
};

/// Threads: `exchange` and `unfit` on one at a time; all else on any.
/// Lifetime: closes its pipes; ending the process is its owner's business. SIGPIPE is ignored.
class WorkerProcess {
 public:
  struct Limits {
    std::size_t line_bytes = 0;         ///< of an answer
    std::chrono::seconds event_cpu{0};  ///< 0: none
  };

  WorkerProcess(Spawner::Started started, const Limits& limits, StderrLines::Hear hear);

  /// Gives it a line about that event and waits for one. The pipes do not block, so neither side's
  /// slowness holds up more than this call.
  [[nodiscard]] Exchange exchange(const std::string& line, const EventId& id,
                                  std::chrono::steady_clock::time_point deadline);

  /// Why it cannot be given anything: it has ended, or has said more than it was asked.
  [[nodiscard]] std::optional<std::string> unfit();

  /// How it has ended, such as `exited with code 1`; nothing while it runs.
  [[nodiscard]] std::optional<std::string> ended();

  /// The event that it answered to last; empty: none. For its borrower.
  [[nodiscard]] const std::string& answered() const noexcept { return answered_; }
  void answered(std::string id) { answered_ = std::move(id); }

  /// It is asked to end by itself.
  void close_input() noexcept { in_.close(); }

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] int status_fd() const noexcept { return status_.get(); }
  [[nodiscard]] StderrLines& errors() noexcept { return errors_; }

 private:
  class Talk;

  bool write_some(const std::string& line, std::size_t& written);
  std::optional<bool> read_some();
  std::optional<Exchange> line_or_flaw();
  [[nodiscard]] bool touched(std::size_t written) const;
  void allow_cpu() const;

  const pid_t pid_;
  const Limits limits_;
  OwnedFd in_;
  const OwnedFd out_;
  const OwnedFd status_;
  StderrLines errors_;
  std::string answered_;
  std::string received_;
  std::size_t searched_ = 0;  // of it, for a line end
  std::mutex mutex_;          // over `how_`
  std::optional<std::string> how_;
};

}  // namespace millrace
