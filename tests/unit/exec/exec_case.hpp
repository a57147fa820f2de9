// An exec processor with what it needs, and what it tells.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "event/event_id.hpp"
#include "exec/descendants.hpp"
#include "exec/exec_processor.hpp"
#include "support/wait.hpp"

namespace millrace::test {

using namespace std::chrono_literals;

/// As `kPatience`, for what takes the start of an interpreter or two on a busy machine.
constexpr std::chrono::seconds kGenerous{60};

/// Keeps what an observer is told of worker processes.
class WorkerObserver final : public Observer {
 public:
  void processing_changed(const ProcessingState& state) override {
    const std::lock_guard lock(mutex_);
    state_ = state;
  }
  void worker_said(unsigned, const EventId* event, const std::string& line) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back((event != nullptr ? to_string(*event) : "none") + ": " + line);
  }
  void notice(const Notice& notice) override {
    const std::lock_guard lock(mutex_);
    notices_.push_back(notice.text);
  }
  ProcessingState state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::vector<std::string> notices() const {
    const std::lock_guard lock(mutex_);
    return notices_;
  }

 private:
  mutable std::mutex mutex_;
  ProcessingState state_;
  std::vector<std::string> lines_;
  std::vector<std::string> notices_;
};

inline bool exists(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

/// Two processes of tests/data/exec/worker.py, unless the case says otherwise.
class ExecCase : public ::testing::Test {
 protected:
  ExecCase() {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does
    config.processing.type = ProcessingType::exec;
    config.processing.command = {"python3", MILLRACE_TEST_DATA "/exec/worker.py"};
    config.processing.workers = 2;
    config.processing.backoff = 10ms;
    config.processing.backoff_max = 40ms;
  }

  void start() {
    spawner.emplace(config.processing);
    exec.emplace(config, *spawner, observer, [this](const std::string&) { broken = true; });
  }
  void end() {
    exec.reset();
    spawner.reset();
  }

  static Frame frame_of(const std::string& payload, std::uint64_t number) {
    Frame frame;
    frame.id = {0x5f3a9c01, number, 0};
    frame.number = number;
    frame.stream = "events/a";
    frame.payload = Payload(payload);
    return frame;
  }

  /// One attempt, in words: `result: …`, `filtered`, `rejected: …`, `failed: …`, `held: …`.
  std::string attempt(const std::string& payload, std::chrono::milliseconds timeout = kGenerous,
                      unsigned number = 1) {
    Attempt attempt;
    attempt.number = number;
    attempt.deadline = std::chrono::steady_clock::now() + timeout;
    const Verdict verdict = exec->process(frame_of(payload, next++), attempt);
    if (const auto* result = std::get_if<Result>(&verdict)) {
      return "result: " + std::string(result->payload.view());
    }
    if (const auto* rejected = std::get_if<Rejected>(&verdict))
      return "rejected: " + rejected->cause;
    if (std::holds_alternative<Filtered>(verdict)) return "filtered";
    const auto& failed = std::get<Failed>(verdict);
    return (failed.again_in ? "held: " : "failed: ") + failed.cause;
  }

  /// Attempts that cost nothing are made again, as the pipeline does it.
  std::string process(const std::string& payload) {
    std::string words;
    const bool settled = wait_until(
        [&] {
          words = attempt(payload);
          return !words.starts_with("held: ");
        },
        kGenerous);
    return settled ? words : "for ever " + words;
  }

  /// A first answer: from now on a death is an event's fault.
  void warm_up() { ASSERT_EQ(process("warm"), "result: warm"); }

  /// As many processes as there are workers.
  bool whole() {
    return wait_until(
        [this] { return children_of(spawner->pid()).size() == config.processing.workers; },
        kGenerous);
  }

  Config config;
  WorkerObserver observer;
  std::atomic<bool> broken = false;
  std::uint64_t next = 0;
  std::optional<Spawner> spawner;
  std::optional<Exec> exec;
};

}  // namespace millrace::test
