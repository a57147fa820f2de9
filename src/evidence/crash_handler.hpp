// CrashHandler: the last thing that a crashing thread does.
#pragma once

#include "evidence/crash_slots.hpp"

namespace millrace {

/// While one exists: a thread that crashes (SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL; also by
/// std::terminate) first marks the slot that it holds, if any; then the process goes down as it
/// would have. A signal that another process sent marks nothing, and other threads' slots are left
/// alone: only who crashes is accused.
///
/// Threads: made and destroyed on any; several may exist.
class CrashHandler {
 public:
  CrashHandler();
  ~CrashHandler();
  CrashHandler(const CrashHandler&) = delete;
  CrashHandler& operator=(const CrashHandler&) = delete;

  /// From now on this thread is at work on what the slot says; null: on nothing. The first time it
  /// gets a stack of its own to handle signals on, so that it can tell of a stack overflow too.
  static void at_work(CrashSlot* slot) noexcept;
};

}  // namespace millrace
