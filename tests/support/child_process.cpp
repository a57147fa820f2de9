#include "support/child_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "support/wait.hpp"

namespace millrace::test {
namespace {

// Between fork and exec: only what is safe there.
[[noreturn]] void become(char* const* arguments, const char* log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (*log != '\0') {
    const int file = ::open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
  }
  ::execvp(arguments[0], arguments);
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> command, const std::string& log) {
  std::vector<char*> arguments;
  for (auto& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) become(arguments.data(), log.c_str());
}

ChildProcess::~ChildProcess() {
  if (ended()) return;
  signal(SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
}

std::optional<int> ChildProcess::ended() {
  int status = 0;
  if (!ended_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  return ended_;
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds patience) {
  static_cast<void>(wait_until([this] { return ended().has_value(); }, patience));
  return ended();
}

void ChildProcess::signal(int number) const {
  if (!ended_) ::kill(pid_, number);
}

int run_command(std::vector<std::string> command, const std::string& log) {
  ChildProcess child(std::move(command), log);
  return child.wait(std::chrono::minutes(1)).value_or(-1);
}

}  // namespace millrace::test
