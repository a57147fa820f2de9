#include "evidence/crash_handler.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>

namespace millrace {
namespace {

constexpr std::array kCrashes{SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
constexpr std::size_t kStackSize = 64U << 10U;

// A handler has no other way to what it is to mark, or to what was there before it.
constinit thread_local CrashSlot* slot_of_thread = nullptr;
constinit std::array<struct sigaction, kCrashes.size()> before{};
constinit std::mutex handlers_mutex;
constinit unsigned handlers = 0;

// Raised by this process for this thread alone: by a fault, or by abort and its like.
bool is_own(const siginfo_t& info) {
  return info.si_code > 0 || (info.si_code == SI_TKILL && info.si_pid == ::getpid());
}

void on_crash(int signal, siginfo_t* info, void*) {
  if (slot_of_thread != nullptr && is_own(*info)) slot_of_thread->mark_crashed(signal);
  for (std::size_t i = 0; i < kCrashes.size(); ++i) {
    if (kCrashes[i] == signal) ::sigaction(signal, &before[i], nullptr);
  }
  // A fault comes again by itself when this returns, with its address and its core dump.
  if (info->si_code <= 0) ::raise(signal);
}

/// The alternate signal stack of this thread, unless it has one already (a sanitizer's).
class SignalStack {
 public:
  SignalStack() noexcept {
    stack_t current{};
    if (::sigaltstack(nullptr, &current) != 0 || (current.ss_flags & SS_DISABLE) == 0) return;
    const auto least = static_cast<std::size_t>(std::max(::sysconf(_SC_SIGSTKSZ), 0L));
    const auto size = std::max(kStackSize, least);
    memory_.reset(new (std::nothrow) std::byte[size]);
    const stack_t mine{.ss_sp = memory_.get(), .ss_flags = 0, .ss_size = size};
    if (memory_ && ::sigaltstack(&mine, nullptr) != 0) memory_.reset();
  }
  ~SignalStack() {
    if (!memory_) return;
    const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
    ::sigaltstack(&none, nullptr);
  }
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace

CrashHandler::CrashHandler() {
  const std::lock_guard lock(handlers_mutex);
  if (handlers++ > 0) return;
  struct sigaction action{};
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kCrashes.size(); ++i) {
    ::sigaction(kCrashes[i], &action, &before[i]);
  }
}

CrashHandler::~CrashHandler() {
  const std::lock_guard lock(handlers_mutex);
  if (--handlers > 0) return;
  for (std::size_t i = 0; i < kCrashes.size(); ++i) ::sigaction(kCrashes[i], &before[i], nullptr);
}

void CrashHandler::at_work(CrashSlot* slot) noexcept {
  thread_local const SignalStack stack;
  slot_of_thread = slot;
}

}  // namespace millrace
