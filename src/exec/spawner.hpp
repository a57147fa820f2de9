// Spawner: the process that starts and ends worker processes, as millrace sees it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <variant>

#include "exec/message.hpp"
#include "exec/owned_fd.hpp"
#include "millrace/config.hpp"

namespace millrace {

/// A fork of this process, made while it has neither threads nor sockets: so that what it starts
/// inherits nothing of them, and so that somebody is left to end all of it when millrace is gone,
/// however that went.
///
/// Threads: any, but the constructor, which is called before there are others.
/// Errors: the constructor throws `std::system_error`; later errors are values.
/// Lifetime: the destructor ends all that was started and waits for that, about a second at most.
class Spawner {
 public:
  explicit Spawner(const ProcessingConfig& processing);
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  /// A process: our ends of its pipes, and one that gets its wait status when it has ended.
  struct Started {
    pid_t pid = 0;
    OwnedFd in;
    OwnedFd out;
    OwnedFd err;
    OwnedFd status;
  };
  struct NotStarted {
    std::string why;
  };

  /// Starts one and waits until it runs the command, or cannot.
  [[nodiscard]] std::variant<Started, NotStarted> start(
      unsigned worker, std::chrono::steady_clock::time_point deadline);

  /// Ends the group of a process: SIGTERM, SIGKILL a second later. Returns at once; nothing happens
  /// where the process has ended already.
  void end(pid_t pid) noexcept;

  /// For poll(2): POLLHUP when the spawner is gone; nothing else is of interest there.
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }

  /// After the spawner is gone: kills all that it left. True the first time.
  bool bury() noexcept;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// As the destructor.
  void stop() noexcept;

 private:
  [[nodiscard]] std::string why_not(const SpawnAnswer& answer) const;

  const std::string program_;
  OwnedFd socket_;
  pid_t pid_ = -1;
  std::mutex mutex_;  // one start at a time
  std::uint64_t started_ = 0;
  std::mutex end_mutex_;
  bool gone_ = false;
};

}  // namespace millrace
