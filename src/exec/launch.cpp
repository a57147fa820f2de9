#include "exec/launch.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>

namespace millrace {
namespace {

struct Pipe {
  OwnedFd read;
  OwnedFd write;
};

bool make_pipe(Pipe& pipe) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  pipe = {OwnedFd(ends[0]), OwnedFd(ends[1])};
  return true;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  // execve(2) takes them as writable for reasons of history, and writes nothing.
  for (const auto& text : texts) list.push_back(const_cast<char*>(text.c_str()));  // NOLINT
  list.push_back(nullptr);
  return list;
}

// An ignored signal stays ignored over execve(2), and a blocked one blocked.
void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The errno that a process wrote before it gave up, or 0 when the pipe closed at execve(2).
int read_error(int pipe) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(pipe, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == sizeof error ? error : 0;
}

}  // namespace

Launch::Launch(const ProcessingConfig& processing, const char* const* environment)
    : command_(processing.command), memory_(processing.limits.memory) {
  for (; *environment != nullptr; ++environment) {
    if (!std::string_view(*environment).starts_with("MILLRACE_")) {
      environment_.emplace_back(*environment);
    }
  }
}

void Launch::become(unsigned worker, const std::vector<int>& stdio, int failed, int parent) const {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it had died before
  for (int i = 0; i < 3; ++i) ::dup2(stdio[static_cast<std::size_t>(i)], i);
  reset_signals();
  auto environment = environment_;
  environment.push_back("MILLRACE_WORKER=" + std::to_string(worker));
  const rlimit memory{memory_, memory_};
  if (memory_ == 0 || ::setrlimit(RLIMIT_DATA, &memory) == 0) {
    ::execvpe(command_.front().c_str(), pointers(command_).data(), pointers(environment).data());
  }
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(failed, &error, sizeof error);
  ::_exit(127);
}

SpawnAnswer Launch::start(unsigned worker, PassedDescriptors& ours, OwnedFd& status) const {
  SpawnAnswer answer;
  Pipe in;
  Pipe out;
  Pipe err;
  Pipe ended;
  Pipe failed;
  if (!make_pipe(in) || !make_pipe(out) || !make_pipe(err) || !make_pipe(ended) ||
      !make_pipe(failed)) {
    answer.error = errno;
    answer.step = SpawnStep::pipes;
    return answer;
  }
  const pid_t parent = ::getpid();
  answer.pid = ::fork();
  if (answer.pid < 0) {
    answer.error = errno;
    answer.step = SpawnStep::fork;
    return answer;
  }
  if (answer.pid == 0) {
    become(worker, {in.read.get(), out.write.get(), err.write.get()}, failed.write.get(), parent);
  }
  ::setpgid(answer.pid, answer.pid);  // whichever of both is first
  failed.write.close();
  answer.error = read_error(failed.read.get());
  if (answer.error != 0) {
    while (::waitpid(answer.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return answer;
  }
  ours = {std::move(in.write), std::move(out.read), std::move(err.read), std::move(ended.read)};
  status = std::move(ended.write);
  return answer;
}

}  // namespace millrace
