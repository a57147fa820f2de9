// RecordingIntake: an intake that remembers, and that can be full.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "millrace/source.hpp"

namespace millrace {

/// Threads: any. Every wait has an end (10 s), and is false then.
class RecordingIntake final : public Intake {
 public:
  std::error_code chunk(Chunk chunk) override {
    std::this_thread::yield();  // a source that never waits leaves the lock to nobody else
    const std::lock_guard lock(mutex_);
    ++offered_;
    changed_.notify_all();
    if (error_) return error_;
    bytes_ += chunk.bytes.view();
    chunks_.push_back(std::move(chunk));
    return {};
  }

  std::error_code cut(Cut cut) override {
    const std::lock_guard lock(mutex_);
    if (error_) return error_;
    cuts_.push_back(std::move(cut));
    changed_.notify_all();
    return {};
  }

  void state(ConnectionState state) override {
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
    changed_.notify_all();
  }

  void ended(std::string error) override {
    const std::lock_guard lock(mutex_);
    ended_ = std::move(error);
    changed_.notify_all();
  }

  /// From now on every entry is answered with this.
  void answer_with(std::error_code error) {
    const std::lock_guard lock(mutex_);
    error_ = error;
  }

  [[nodiscard]] bool wait_for_bytes(std::size_t count) {
    return wait([&] { return bytes_.size() >= count; });
  }
  [[nodiscard]] bool wait_for_offers(std::size_t count) {
    return wait([&] { return offered_ >= count; });
  }
  [[nodiscard]] bool wait_for_cuts(std::size_t count) {
    return wait([&] { return cuts_.size() >= count; });
  }
  [[nodiscard]] bool wait_for_state(const std::function<bool(const ConnectionState&)>& is) {
    return wait([&] { return is(state_); });
  }
  [[nodiscard]] bool wait_for_end() {
    return wait([&] { return ended_.has_value(); });
  }

  std::string bytes() const { return read(bytes_); }
  std::vector<Chunk> chunks() const { return read(chunks_); }
  std::vector<Cut> cuts() const { return read(cuts_); }
  std::size_t offered() const { return read(offered_); }
  std::optional<std::string> end() const { return read(ended_); }
  ConnectionState connection() const { return read(state_); }

 private:
  template <class Value>
  Value read(const Value& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  bool wait(const std::function<bool()>& until) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), until);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::error_code error_;
  std::size_t offered_ = 0;
  std::string bytes_;
  std::vector<Chunk> chunks_;
  std::vector<Cut> cuts_;
  ConnectionState state_;
  std::optional<std::string> ended_;
};

}  // namespace millrace
