#include "source/stdin_source.hpp"

#include <poll.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "net/wake_event.hpp"
#include "source/intake_gate.hpp"

namespace millrace {
namespace {

constexpr const char* kStdinStream = "stdin";
constexpr std::size_t kBlock = 65536;

class StdinSource final : public Source {
 public:
  explicit StdinSource(int fd) : fd_(fd) {}
  ~StdinSource() override { StdinSource::stop(); }
  StdinSource(const StdinSource&) = delete;
  StdinSource& operator=(const StdinSource&) = delete;

  void start(Intake& intake) override {
    intake_ = &intake;
    gate_ = std::make_unique<IntakeGate>(intake);
    intake.state({true, true, {}});
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "stdin");
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
    stopping_ = true;
    gate_->close();
    wake_.raise();
    thread_.join();
  }

  void close_stream(const std::string& /*stream*/) override {
    broken_ = true;
    wake_.raise();
  }

 private:
  void run() {
    std::string error;
    while (!stopping_ && !broken_) {
      auto bytes = read_block(error);
      if (!bytes) continue;
      if (bytes->empty()) return end(error);
      if (!gate_->pass(chunk_of(std::move(*bytes)))) return;
    }
    if (broken_ && !stopping_) end("its bytes cannot be framed any further");
  }

  // Nothing: look around. Empty: the end, by an error where `error` says so.
  std::optional<std::string> read_block(std::string& error) {
    if (!wait_ready(fd_, POLLIN, wake_)) return {};
    block_.resize(kBlock);
    const auto count = ::read(fd_, block_.data(), block_.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return {};
    if (count < 0) error = std::generic_category().message(errno);
    if (count <= 0) return std::string();
    const auto size = static_cast<std::size_t>(count);
    // A small piece must not keep a whole block alive while it waits in the journal.
    if (size < kBlock / 2) return block_.substr(0, size);
    block_.resize(size);
    return std::exchange(block_, {});
  }

  static Chunk chunk_of(std::string bytes) {
    Chunk chunk;
    chunk.stream = kStdinStream;
    chunk.bytes = Payload(std::move(bytes));
    chunk.received = std::chrono::system_clock::now();
    return chunk;
  }

  void end(const std::string& error) {
    if (!gate_->pass(Cut{kStdinStream, CutCause::closed, 0})) return;
    intake_->ended(error.empty() ? error : std::string(kStdinStream) + ": " + error);
  }

  const int fd_;
  WakeEvent wake_;
  Intake* intake_ = nullptr;
  std::unique_ptr<IntakeGate> gate_;
  std::string block_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> broken_ = false;
  std::thread thread_;
};

}  // namespace

SourcePtr make_stdin_source(int fd) {
  return std::make_unique<StdinSource>(fd);
}

}  // namespace millrace
