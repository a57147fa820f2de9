// SpawnerProcess: what runs in the spawner.
#pragma once

#include <chrono>
#include <map>

#include "exec/launch.hpp"
#include "exec/owned_fd.hpp"

namespace millrace {

/// Starts worker processes on request, reaps them and what becomes its child when they end, and
/// ends their groups: on request, when their leader has ended, and all of them when the socket's
/// other end is gone. To end a group is SIGTERM, and SIGKILL a second later.
///
/// Threads: the only one of its process.
class SpawnerProcess {
 public:
  SpawnerProcess(OwnedFd socket, Launch launch);

  /// Until the other end is gone and nothing is left below this process.
  void run();

 private:
  using Clock = std::chrono::steady_clock;

  bool answer_request();
  void start(unsigned worker, std::uint64_t number);
  void end_group(pid_t group);
  void reap();
  void ended(pid_t leader);
  void kill_overdue();
  void end_all();
  [[nodiscard]] int wait_ms() const;

  OwnedFd socket_;
  const Launch launch_;
  OwnedFd child_signals_;
  std::map<pid_t, OwnedFd> workers_;            // where each one's wait status goes
  std::map<pid_t, Clock::time_point> endings_;  // groups that are killed then
};

}  // namespace millrace
