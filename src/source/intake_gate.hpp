// IntakeGate: lets a source's own thread hand in, but not while there is no room.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <system_error>

#include "millrace/source.hpp"

namespace millrace {

/// For sources that can hold back what they have: nothing is refused for good, because the calling
/// thread keeps the entry until there is room.
///
/// Threads: `pass` and `wait_until` on the source's thread, which they block, or `offer` there,
/// which does not; `pause`, `resume` and `close` on another. When `pause` or `close` has returned,
/// nothing enters any more.
class IntakeGate {
 public:
  explicit IntakeGate(Intake& intake) : intake_(intake) {}

  /// Hands the entry in, as often as it takes. False: closed, or the intake failed for good.
  [[nodiscard]] bool pass(const Chunk& chunk);
  [[nodiscard]] bool pass(const Cut& cut);

  /// Hands the entry in, or says why not, at once: for a thread that has more to do.
  enum class Answer { stored, not_now, closed };
  [[nodiscard]] Answer offer(const Chunk& chunk);
  [[nodiscard]] Answer offer(const Cut& cut);

  /// False when it was closed before `time`.
  [[nodiscard]] bool wait_until(std::chrono::steady_clock::time_point time);

  void pause();
  void resume();
  void close();

 private:
  [[nodiscard]] bool store(const std::function<std::error_code()>& append);
  [[nodiscard]] Answer try_to_store(const std::function<std::error_code()>& append);

  Intake& intake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Set before the mutex is taken: a thread that passes entries without a break might never yield
  // it.
  std::atomic<bool> paused_ = false;
  std::atomic<bool> closed_ = false;
};

}  // namespace millrace
