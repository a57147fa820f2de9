#include "source/intake_gate.hpp"

namespace millrace {
namespace {

// A refusal is followed by a pause, unless there was room again before it.
constexpr std::chrono::milliseconds kRetry{50};

}  // namespace

bool IntakeGate::pass(const Chunk& chunk) {
  return store([&] { return intake_.chunk(chunk); });
}

bool IntakeGate::pass(const Cut& cut) {
  return store([&] { return intake_.cut(cut); });
}

IntakeGate::Answer IntakeGate::offer(const Chunk& chunk) {
  return try_to_store([&] { return intake_.chunk(chunk); });
}

IntakeGate::Answer IntakeGate::offer(const Cut& cut) {
  return try_to_store([&] { return intake_.cut(cut); });
}

IntakeGate::Answer IntakeGate::try_to_store(const std::function<std::error_code()>& append) {
  const std::lock_guard lock(mutex_);
  if (closed_) return Answer::closed;
  if (paused_) return Answer::not_now;
  const std::error_code error = append();
  if (!error) return Answer::stored;
  return error == std::errc::no_buffer_space ? Answer::not_now : Answer::closed;
}

bool IntakeGate::store(const std::function<std::error_code()>& append) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closed_ || !paused_; });
    if (closed_) return false;
    const std::error_code error = append();
    if (!error) return true;
    if (error != std::errc::no_buffer_space) return false;
    changed_.wait_for(lock, kRetry, [this] { return closed_ || paused_; });
  }
}

bool IntakeGate::wait_until(std::chrono::steady_clock::time_point time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_until(lock, time, [this] { return closed_.load(); });
}

void IntakeGate::pause() {
  paused_ = true;
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void IntakeGate::resume() {
  paused_ = false;
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void IntakeGate::close() {
  closed_ = true;
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

}  // namespace millrace
