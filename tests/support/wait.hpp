// Waiting for a condition, with a deadline.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace millrace::test {

/// How long a test waits for what has to happen. Long, because only a failing test waits for it.
constexpr std::chrono::seconds kPatience{15};

/// True as soon as `condition()` is, which is asked every millisecond; false when it has not become
/// so in `patience`.
template <typename Condition>
[[nodiscard]] bool wait_until(Condition condition, std::chrono::milliseconds patience = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::mutex mutex;
  std::condition_variable nobody_notifies;
  std::unique_lock lock(mutex);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    nobody_notifies.wait_for(lock, std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace millrace::test
