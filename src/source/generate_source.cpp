#include "source/generate_source.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "source/intake_gate.hpp"

namespace millrace {
namespace {

constexpr const char* kGeneratedStream = "generate";

class GenerateSource final : public Source {
 public:
  explicit GenerateSource(const GenerateQuery& query) : query_(query) {}
  ~GenerateSource() override { GenerateSource::stop(); }
  GenerateSource(const GenerateSource&) = delete;
  GenerateSource& operator=(const GenerateSource&) = delete;

  void start(Intake& intake) override {
    intake_ = &intake;
    gate_ = std::make_unique<IntakeGate>(intake);
    intake.state({true, true, {}});
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "generate");
  }

  void pause() override {
    gate_->pause();
    intake_->state({false, false, "paused", true});
  }

  void resume() override {
    intake_->state({true, true, {}});
    gate_->resume();
  }

  void stop() override {
    if (!thread_.joinable()) return;
    gate_->close();
    thread_.join();
  }

  // Whole numbers can always be framed, and where they are joined the next frame starts afresh.
  void close_stream(const std::string& /*stream*/) override {}

 private:
  using Clock = std::chrono::steady_clock;

  void run() {
    auto due = Clock::now();
    for (std::uint64_t index = 1; !query_.count || index <= *query_.count; ++index) {
      due = std::max(due + query_.interval, Clock::now());
      if (query_.interval.count() > 0 && !gate_->wait_until(due)) return;
      if (!gate_->pass(chunk_of(index))) return;
    }
    if (gate_->pass(Cut{kGeneratedStream, CutCause::closed, 0})) intake_->ended({});
  }

  static Chunk chunk_of(std::uint64_t index) {
    Chunk chunk;
    chunk.stream = kGeneratedStream;
    chunk.bytes = Payload(std::to_string(index));
    chunk.received = std::chrono::system_clock::now();
    return chunk;
  }

  const GenerateQuery query_;
  Intake* intake_ = nullptr;
  std::unique_ptr<IntakeGate> gate_;
  std::thread thread_;
};

}  // namespace

SourcePtr make_generate_source(const GenerateQuery& query) {
  return std::make_unique<GenerateSource>(query);
}

}  // namespace millrace
