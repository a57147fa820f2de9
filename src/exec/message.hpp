// What millrace and its spawner tell each other.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "exec/owned_fd.hpp"

namespace millrace {

/// Both ends are the same program, so a message is its bytes; one is one packet of a socket of type
/// SOCK_SEQPACKET.
struct SpawnRequest {
  enum class Kind : std::uint32_t { start, end };
  Kind kind = Kind::start;
  std::uint32_t worker = 0;  ///< `start`
  std::uint64_t number = 0;  ///< `start`: comes back with the answer
  pid_t pid = 0;             ///< `end`
};

/// The step at which a start failed.
enum class SpawnStep : std::uint32_t { pipes, fork, exec };

/// To `start`. Where it did not fail, the descriptors come with it: our ends of the process's
/// standard input, output and error, and a pipe that gets its wait status (an `int`) when it has
/// ended.
struct SpawnAnswer {
  std::uint64_t number = 0;
  pid_t pid = 0;
  int error = 0;  ///< of errno; 0: started
  SpawnStep step = SpawnStep::exec;
};

constexpr std::size_t kPassed = 4;
using PassedDescriptors = std::array<OwnedFd, kPassed>;

/// False where the other end is gone, or (with MSG_DONTWAIT) has no room.
[[nodiscard]] bool send_request(int socket, const SpawnRequest& request, int flags) noexcept;
[[nodiscard]] bool send_answer(int socket, const SpawnAnswer& answer,
                               const PassedDescriptors* descriptors) noexcept;

/// Wait for one (unix(7), recvmsg(2)). False where the other end is gone.
[[nodiscard]] bool receive_request(int socket, SpawnRequest& request) noexcept;
[[nodiscard]] bool receive_answer(int socket, SpawnAnswer& answer,
                                  PassedDescriptors& descriptors) noexcept;

}  // namespace millrace
