#include "source/thread_source.hpp"

#include <pthread.h>

#include <chrono>
#include <utility>

namespace millrace {

void ThreadSource::start(Intake& intake) {
  intake_ = &intake;
  gate_ = std::make_unique<IntakeGate>(intake);
  intake.state({true, true, {}});
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), stream_);
}

void ThreadSource::pause() {
  gate_->pause();
  intake_->state({false, false, "paused", true});
}

void ThreadSource::resume() {
  intake_->state({true, true, {}});
  gate_->resume();
}

void ThreadSource::stop() {
  if (!thread_.joinable()) return;
  gate_->close();
  interrupt();
  thread_.join();
}

bool ThreadSource::pass(std::string bytes) {
  Chunk chunk;
  chunk.stream = stream_;
  chunk.bytes = Payload(std::move(bytes));
  chunk.received = std::chrono::system_clock::now();
  return gate_->pass(chunk);
}

bool ThreadSource::cut() {
  return gate_->pass(Cut{stream_, CutCause::closed, 0});
}

void ThreadSource::end(const std::string& error) {
  if (cut()) intake_->ended(error.empty() ? error : stream_ + (": " + error));
}

}  // namespace millrace
