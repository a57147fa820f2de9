#include "sink/stream_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "event/dead_letter.hpp"
#include "event/envelope.hpp"
#include "net/wake_event.hpp"

namespace millrace {
namespace {

// A pipe that is ready takes so much without blocking, and in one piece (pipe(7), PIPE_BUF).
constexpr std::size_t kPiece = 4096;
// Of a descriptor that does not block: what a pipe can hold (pipe(7), pipe-max-size).
constexpr std::size_t kLargePiece = 1 << 20;
constexpr int kDiskRetryMs = 1000;

std::string line_of(const Outcome& outcome, bool envelope) {
  std::string line;
  if (const auto* result = std::get_if<Result>(&outcome.verdict)) {
    line = envelope ? envelope_json(*outcome.frame, result->payload)
                    : std::string(result->payload.view());
  } else {
    line = dead_letter_json(outcome, std::chrono::system_clock::now(),
                            std::numeric_limits<std::size_t>::max());
  }
  line += '\n';
  return line;
}

// The same pipe by a description of its own, which does not block: whether `fd` itself does is also
// the affair of other processes that have it. -1 where it is no pipe, or may not be opened.
int unblocked(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode)) return -1;
  return ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

// Whole lines that are written together.
struct Batch {
  std::string bytes;
  std::vector<std::uint64_t> numbers;
};

class StreamSink final : public Sink {
 public:
  StreamSink(int fd, std::string name, bool envelope)
      : own_(unblocked(fd)),
        fd_(own_ >= 0 ? own_ : fd),
        piece_(own_ >= 0 ? kLargePiece : kPiece),
        name_(std::move(name)),
        envelope_(envelope) {}
  ~StreamSink() override {
    StreamSink::stop();
    if (own_ >= 0) ::close(own_);
  }
  StreamSink(const StreamSink&) = delete;
  StreamSink& operator=(const StreamSink&) = delete;

  void start(Deliveries& deliveries) override {
    deliveries_ = &deliveries;
    deliveries.state({true, true, {}});
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), name_.c_str());
  }

  std::optional<std::string> unfit(const Frame& /*frame*/,
                                   const Result& /*result*/) const override {
    return {};
  }

  void accept(OutcomePtr outcome) override {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(outcome));
    }
    changed_.notify_one();
  }

  void stop() override {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    wake_.raise();
    thread_.join();
  }

 private:
  void run() {
    while (wait_for_outcomes()) {
      const Batch batch = next_batch();
      if (const auto error = write(batch.bytes)) return fail(error);
      if (stopping_) return;
      for (const auto number : batch.numbers) deliveries_->confirmed(number);
    }
  }

  // False: stopping.
  bool wait_for_outcomes() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    return !stopping_;
  }

  Batch next_batch() {
    Batch batch;
    while (const OutcomePtr outcome = front()) {
      if (line_.empty()) line_ = line_of(*outcome, envelope_);
      if (!batch.bytes.empty() && batch.bytes.size() + line_.size() > kPiece) break;
      if (batch.bytes.empty()) {
        batch.bytes = std::exchange(line_, {});
      } else {
        batch.bytes += std::exchange(line_, {});
      }
      batch.numbers.push_back(outcome->frame->number);
      const std::lock_guard lock(mutex_);
      queue_.pop_front();
    }
    return batch;
  }

  OutcomePtr front() {
    const std::lock_guard lock(mutex_);
    return queue_.empty() ? nullptr : queue_.front();
  }

  // All of it, unless stopped.
  std::error_code write(std::string_view bytes) {
    while (!bytes.empty() && !stopping_) {
      if (!wait_ready(fd_, POLLOUT, wake_)) continue;
      const auto written = ::write(fd_, bytes.data(), std::min(bytes.size(), piece_));
      if (written >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
        set_problem({});
      } else if (errno == ENOSPC || errno == EDQUOT) {
        set_problem(std::generic_category().message(errno));
        static_cast<void>(wait_ready(-1, 0, wake_, kDiskRetryMs));
      } else if (errno != EINTR && errno != EAGAIN) {
        return {errno, std::generic_category()};
      }
    }
    return {};
  }

  void set_problem(const std::string& problem) {
    if (problem == problem_) return;
    problem_ = problem;
    deliveries_->state({problem.empty(), true, problem.empty() ? problem : name_ + ": " + problem});
  }

  void fail(std::error_code error) {
    const std::string why = name_ + ": " + error.message();
    deliveries_->state({false, false, why});
    deliveries_->failed(why);
  }

  const int own_;
  const int fd_;
  const std::size_t piece_;
  const std::string name_;
  const bool envelope_;
  Deliveries* deliveries_ = nullptr;
  WakeEvent wake_;
  std::string line_;     // of the first in the queue, where it did not fit into a batch
  std::string problem_;  // what the state says
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<OutcomePtr> queue_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace

SinkPtr make_stream_sink(int fd, const std::string& name, bool envelope) {
  return std::make_unique<StreamSink>(fd, name, envelope);
}

SinkPtr make_stdout_sink(const SinkConfig& config) {
  return make_stream_sink(STDOUT_FILENO, "stdout", config.envelope);
}

SinkPtr make_stderr_dead_letter_sink() {
  return make_stream_sink(STDERR_FILENO, "stderr", false);
}

}  // namespace millrace
