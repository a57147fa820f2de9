#include "commands/signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "pipeline/control.hpp"

namespace millrace {
namespace {

// SIGUSR1 wakes our own thread up; from outside it does nothing.
sigset_t awaited_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR1);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void ignore_adopted_children() {
  if (::getpid() == 1) signal(SIGCHLD, SIG_IGN);
}

Signals::Signals(std::function<void()> stop, std::function<void()> reload)
    : stop_(std::move(stop)), reload_(std::move(reload)) {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "signals");
}

Signals::~Signals() {
  ending_.store(true);
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
}

void Signals::run() {
  const sigset_t set = awaited_signals();
  bool asked = false;
  for (;;) {
    int number = 0;
    if (sigwait(&set, &number) != 0) continue;
    if (ending_.load()) return;
    if (number == SIGUSR1) continue;
    if (number == SIGHUP && reload_) {
      reload_();
      continue;
    }
    if (std::exchange(asked, true)) std::_Exit(static_cast<int>(ExitCode::failed));
    stop_();
  }
}

}  // namespace millrace
