#include "source/stdin_source.hpp"

#include <poll.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "net/wake_event.hpp"
#include "source/thread_source.hpp"

namespace millrace {
namespace {

constexpr std::size_t kBlock = 65536;

class StdinSource final : public ThreadSource {
 public:
  explicit StdinSource(int fd) : ThreadSource("stdin"), fd_(fd) {}
  ~StdinSource() override { stop(); }
  StdinSource(const StdinSource&) = delete;
  StdinSource& operator=(const StdinSource&) = delete;

  void close_stream(const std::string& /*stream*/) override {
    broken_ = true;
    wake_.raise();
  }

 private:
  void run() override {
    // What an earlier process was given is no part of this input, nor is the line that it left
    // open.
    if (!cut()) return;
    std::string error;
    while (!stopping_ && !broken_) {
      auto bytes = read_block(error);
      if (!bytes) continue;
      if (bytes->empty()) return end(error);
      if (!pass(std::move(*bytes))) return;
    }
    if (broken_ && !stopping_) end("its bytes cannot be framed any further");
  }

  void interrupt() override {
    stopping_ = true;
    wake_.raise();
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

  const int fd_;
  WakeEvent wake_;
  std::string block_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> broken_ = false;
};

}  // namespace

SourcePtr make_stdin_source(int fd) {
  return std::make_unique<StdinSource>(fd);
}

}  // namespace millrace
