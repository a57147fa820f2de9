// Launch: how one worker process is started.
#pragma once

#include <string>
#include <vector>

#include "exec/message.hpp"
#include "millrace/config.hpp"

namespace millrace {

/// Starts processes of one command.
///
/// A process is the leader of a group of its own; it gets pipes as standard input, output and error
/// and no other descriptor, every signal as it is by default, this process's folder, and the
/// environment less what begins with `MILLRACE_` (secrets are there) plus `MILLRACE_WORKER`. It is
/// killed when this process dies (PR_SET_PDEATHSIG, prctl(2)).
///
/// Threads: none but the caller's may exist in the process.
class Launch {
 public:
  /// `environment`: as `environ`.
  Launch(const ProcessingConfig& processing, const char* const* environment);

  /// What came of it; where that is a process, `ours` are its pipes and `status` is the end to
  /// write its wait status to.
  [[nodiscard]] SpawnAnswer start(unsigned worker, PassedDescriptors& ours, OwnedFd& status) const;

 private:
  [[noreturn]] void become(unsigned worker, const std::vector<int>& stdio, int failed,
                           int parent) const;

  const std::vector<std::string> command_;
  const ByteCount memory_;
  std::vector<std::string> environment_;
};

}  // namespace millrace
