#include "exec/spawner_process.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "exec/descendants.hpp"
#include "exec/message.hpp"

namespace millrace {
namespace {

constexpr std::chrono::seconds kGrace{1};

// Nothing but SIGKILL ends the spawner before its work is done: a Ctrl-C or a service manager's
// SIGTERM to all is for millrace to answer.
OwnedFd block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  return OwnedFd(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

SpawnerProcess::SpawnerProcess(OwnedFd socket, Launch launch)
    : socket_(std::move(socket)), launch_(std::move(launch)), child_signals_(block_all_signals()) {}

void SpawnerProcess::run() {
  for (;;) {
    std::array<pollfd, 2> polled{{{socket_.get(), POLLIN, 0}, {child_signals_.get(), POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), wait_ms());
    if (polled[1].revents != 0) reap();
    kill_overdue();
    if (polled[0].revents != 0 && !answer_request()) break;
  }
  end_all();
}

int SpawnerProcess::wait_ms() const {
  if (endings_.empty()) return -1;
  const auto first = std::min_element(endings_.begin(), endings_.end(), [](auto& a, auto& b) {
                       return a.second < b.second;
                     })->second;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - Clock::now());
  return static_cast<int>(std::max(left, std::chrono::milliseconds(0)).count());
}

bool SpawnerProcess::answer_request() {
  SpawnRequest request;
  if (!receive_request(socket_.get(), request)) return false;
  switch (request.kind) {
    case SpawnRequest::Kind::start:
      start(request.worker, request.number);
      break;
    case SpawnRequest::Kind::end:
      // One that has been reaped meanwhile is no business of ours any more.
      if (workers_.contains(request.pid)) end_group(request.pid);
      break;
  }
  return true;
}

void SpawnerProcess::start(unsigned worker, std::uint64_t number) {
  PassedDescriptors ours;
  OwnedFd status;
  SpawnAnswer answer = launch_.start(worker, ours, status);
  answer.number = number;
  if (answer.error == 0) {
    workers_.insert_or_assign(answer.pid, std::move(status));
    endings_.erase(answer.pid);  // of an empty group whose number was free again
  }
  // Nobody is there to take it where this fails, which the next receive says.
  static_cast<void>(send_answer(socket_.get(), answer, answer.error == 0 ? &ours : nullptr));
}

void SpawnerProcess::end_group(pid_t group) {
  ::kill(-group, SIGTERM);
  endings_.try_emplace(group, Clock::now() + kGrace);
}

// A leader is looked at before it is reaped: until then its number cannot be anyone else's.
void SpawnerProcess::reap() {
  signalfd_siginfo signals{};
  while (::read(child_signals_.get(), &signals, sizeof signals) > 0) {
  }
  for (;;) {
    siginfo_t child{};
    if (::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0 || child.si_pid == 0) return;
    if (workers_.contains(child.si_pid)) {
      ended(child.si_pid);
    } else {
      ::waitpid(child.si_pid, nullptr, 0);
    }
  }
}

void SpawnerProcess::ended(pid_t leader) {
  end_group(leader);
  int status = 0;
  ::waitpid(leader, &status, 0);
  if (::kill(-leader, 0) != 0 && errno == ESRCH) endings_.erase(leader);  // nobody else was in it
  const auto worker = workers_.find(leader);
  // Fits into an empty pipe. Where millrace is gone, nobody waits for it.
  [[maybe_unused]] const auto written = ::write(worker->second.get(), &status, sizeof status);
  workers_.erase(worker);
}

void SpawnerProcess::kill_overdue() {
  const auto now = Clock::now();
  std::erase_if(endings_, [now](const auto& ending) {
    if (ending.second > now) return false;
    ::kill(-ending.first, SIGKILL);
    return true;
  });
}

void SpawnerProcess::end_all() {
  for (const auto& worker : workers_) ::kill(-worker.first, SIGTERM);
  for (const pid_t child : children_of(::getpid())) ::kill(child, SIGTERM);
  const auto deadline = Clock::now() + kGrace;
  for (;;) {
    reap();
    siginfo_t child{};
    const bool none =
        ::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (none || left.count() <= 0) break;
    pollfd signals{child_signals_.get(), POLLIN, 0};
    ::poll(&signals, 1, static_cast<int>(left.count()));
  }
  for (const auto& worker : workers_) ::kill(-worker.first, SIGKILL);
  for (const auto& ending : endings_) ::kill(-ending.first, SIGKILL);
  kill_descendants(kGrace);
}

}  // namespace millrace
