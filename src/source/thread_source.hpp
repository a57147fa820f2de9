// ThreadSource: a source that reads on a thread of its own.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "millrace/source.hpp"
#include "source/intake_gate.hpp"

namespace millrace {

/// A source that has nothing but a thread which passes entries to its gate and waits there while it
/// is paused.
///
/// Threads: `run` on its own, all else as `Source`.
/// Lifetime: a derived class stops in its destructor, as its thread uses what is its own.
class ThreadSource : public Source {
 public:
  void start(Intake& intake) final;
  void pause() final;
  void resume() final;
  void stop() final;

 protected:
  /// `stream`: all there is in it; names the thread too, so 15 characters at most; lives as long as
  /// the source.
  explicit ThreadSource(const char* stream) : stream_(stream) {}

  [[nodiscard]] IntakeGate& gate() { return *gate_; }

  /// Hands the bytes in when there is room. False: `run` is to return.
  [[nodiscard]] bool pass(std::string bytes);

  /// Cuts the stream when there is room. False: `run` is to return.
  [[nodiscard]] bool cut();

  /// Cuts the stream, and tells the intake of its end, and of the error where there is one.
  void end(const std::string& error = {});

 private:
  /// Reads until there is no more, or the gate is closed.
  virtual void run() = 0;
  /// The gate is closed: ends whatever else `run` waits for.
  virtual void interrupt() {}

  const char* stream_;
  Intake* intake_ = nullptr;
  std::unique_ptr<IntakeGate> gate_;
  std::thread thread_;
};

}  // namespace millrace
