// Code that runs in a child process, because it ends it.
#pragma once

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <stdexcept>

namespace millrace::test {

/// True where a sanitizer's handlers decide how a crash ends the process.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// A copy of this process that runs `body` and ends with what it answers. The test must have no
/// threads at that time. Reports of crashes go nowhere; the child dies with the test.
class Forked {
 public:
  explicit Forked(const std::function<int()>& body) : pid_(::fork()) {
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
    ::_exit(body());
  }
  ~Forked() {
    if (pid_ <= 0) return;
    signal(SIGKILL);
    (void)wait();
  }
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;

  void signal(int number) const { ::kill(pid_, number); }

  /// Its exit code, or the negative number of the signal that ended it.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
};

}  // namespace millrace::test
