#include "exec/spawner.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "exec/descendants.hpp"
#include "exec/spawner_process.hpp"

namespace millrace {
namespace {

// The spawner's own grace, twice, and something for a busy machine.
constexpr std::chrono::milliseconds kStopPatience{5000};
constexpr std::chrono::milliseconds kBuryPatience{1000};

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), std::string("exec: ") + what);
}

// In the spawner: nothing of millrace stays open, least of all its standard output, whose reader
// waits for the end of it.
void let_go(int socket) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int i = 0; i < 3; ++i) {
    if (null >= 0) ::dup2(null, i);
  }
  const auto close_all = [](int from, int to) {
    if (from <= to) ::close_range(static_cast<unsigned>(from), static_cast<unsigned>(to), 0);
  };
  close_all(3, socket - 1);
  ::close_range(static_cast<unsigned>(socket) + 1, ~0U, 0);
}

bool wait_for(int fd, short events, std::chrono::steady_clock::time_point deadline) {
  pollfd polled{fd, events, 0};
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const int ready = ::poll(&polled, 1, static_cast<int>(std::max<long long>(left.count(), 0)));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

}  // namespace

Spawner::Spawner(const ProcessingConfig& processing) : program_(processing.command.front()) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw_errno("socketpair");
  }
  socket_ = OwnedFd(ends[0]);
  OwnedFd theirs(ends[1]);
  // What its children leave goes to the spawner, and comes to us when that is gone too.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_ = ::fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ > 0) return;
  ::setpgid(0, 0);
  ::prctl(PR_SET_NAME, "millrace-exec");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  let_go(theirs.get());
  try {
    SpawnerProcess(std::move(theirs), Launch(processing, environ)).run();
  } catch (...) {
    ::_exit(1);  // no memory: its end says so
  }
  ::_exit(0);
}

Spawner::~Spawner() {
  stop();
}

std::variant<Spawner::Started, Spawner::NotStarted> Spawner::start(
    unsigned worker, std::chrono::steady_clock::time_point deadline) {
  const std::lock_guard lock(mutex_);
  SpawnRequest request;
  request.worker = worker;
  request.number = ++started_;
  if (!send_request(socket_.get(), request, MSG_DONTWAIT)) {
    return NotStarted{"the spawner process does not answer"};
  }
  while (wait_for(socket_.get(), POLLIN, deadline)) {
    SpawnAnswer answer;
    PassedDescriptors passed;
    if (!receive_answer(socket_.get(), answer, passed)) break;
    if (answer.number != request.number || answer.error != 0) {
      if (answer.pid > 0 && passed[0].get() >= 0) end(answer.pid);  // nobody waits for it any more
      if (answer.number != request.number) continue;
      return NotStarted{why_not(answer)};
    }
    for (const auto& each : passed) ::fcntl(each.get(), F_SETFL, O_NONBLOCK);
    return Started{answer.pid, std::move(passed[0]), std::move(passed[1]), std::move(passed[2]),
                   std::move(passed[3])};
  }
  return NotStarted{"the spawner process does not answer"};
}

std::string Spawner::why_not(const SpawnAnswer& answer) const {
  const std::string error = std::generic_category().message(answer.error);
  switch (answer.step) {
    case SpawnStep::pipes:
      return "cannot make pipes: " + error;
    case SpawnStep::fork:
      return "cannot fork: " + error;
    case SpawnStep::exec:
      break;
  }
  return "cannot start " + program_ + ": " + error;
}

void Spawner::end(pid_t pid) noexcept {
  SpawnRequest request;
  request.kind = SpawnRequest::Kind::end;
  request.pid = pid;
  if (send_request(socket_.get(), request, MSG_DONTWAIT)) return;
  // A spawner that has been stopped takes nothing, and then reaps nothing either, so this is it.
  if (errno == EAGAIN) ::kill(-pid, SIGKILL);
}

bool Spawner::bury() noexcept {
  {
    const std::lock_guard lock(end_mutex_);
    if (std::exchange(gone_, true)) return false;
  }
  kill_descendants(kBuryPatience);
  return true;
}

void Spawner::stop() noexcept {
  {
    const std::lock_guard lock(end_mutex_);
    if (std::exchange(gone_, true)) return;
  }
  ::shutdown(socket_.get(), SHUT_WR);
  // Its end of the socket closes with it. One that does not end is no reason to wait for ever.
  if (!wait_for(socket_.get(), 0, std::chrono::steady_clock::now() + kStopPatience)) return;
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace millrace
