#include "exec/worker_process.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

namespace millrace {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 64 << 10;
// From the end of a process's output to its end, as far as that is one.
constexpr std::chrono::milliseconds kEndPatience{200};

int ms_until(Clock::time_point time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now());
  return static_cast<int>(std::clamp<long long>(left.count(), 0, 60'000));
}

std::string describe(int status, bool cpu_limited) {
  if (WIFEXITED(status)) return "exited with code " + std::to_string(WEXITSTATUS(status));
  const int number = WTERMSIG(status);
  const char* const name = ::sigabbrev_np(number);
  std::string how = "was killed by ";
  how += name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(number);
  if (number == SIGXCPU && cpu_limited) how += " (processing.limits.cpu)";
  return how;
}

}  // namespace

WorkerProcess::WorkerProcess(Spawner::Started started, const Limits& limits, StderrLines::Hear hear)
    : pid_(started.pid),
      limits_(limits),
      in_(std::move(started.in)),
      out_(std::move(started.out)),
      status_(std::move(started.status)),
      errors_(std::move(started.err), std::move(hear)) {}

std::optional<std::string> WorkerProcess::ended() {
  const std::lock_guard lock(mutex_);
  if (how_) return how_;
  int status = 0;
  const auto got = ::read(status_.get(), &status, sizeof status);
  if (got < 0) return std::nullopt;
  // Without a status it is the spawner that has ended, and this one with it.
  how_ = got == sizeof status ? describe(status, limits_.event_cpu.count() > 0)
                              : "was killed, since the spawner process has ended";
  return how_;
}

std::optional<std::string> WorkerProcess::unfit() {
  std::array<pollfd, 3> polled{
      {{out_.get(), POLLIN, 0}, {in_.get(), 0, 0}, {status_.get(), POLLIN, 0}}};
  if (::poll(polled.data(), polled.size(), 0) <= 0 && received_.empty()) return std::nullopt;
  if (polled[2].revents != 0) return ended();
  if (!received_.empty() || (polled[0].revents & POLLIN) != 0) {
    return "wrote more than one line for an event";
  }
  return polled[0].revents != 0 ? "closed its standard output" : "closed its standard input";
}

// A byte that has left the pipe has been read: nobody else has the other end.
bool WorkerProcess::touched(std::size_t written) const {
  int unread = 0;
  if (::ioctl(in_.get(), FIONREAD, &unread) != 0) return written > 0;
  return written > static_cast<std::size_t>(unread);
}

// RLIMIT_CPU counts a process's whole life, so the limit moves with every event. Only the soft one:
// a hard one could not be raised again.
void WorkerProcess::allow_cpu() const {
  clockid_t clock{};
  timespec used{};
  rlimit limit{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return;
  if (::prlimit(pid_, RLIMIT_CPU, nullptr, &limit) != 0) return;
  const rlim_t whole = static_cast<rlim_t>(used.tv_sec) + (used.tv_nsec > 0 ? 1 : 0);
  limit.rlim_cur = std::min(whole + static_cast<rlim_t>(limits_.event_cpu.count()), limit.rlim_max);
  ::prlimit(pid_, RLIMIT_CPU, &limit, nullptr);
}

// False where nobody reads any more.
bool WorkerProcess::write_some(const std::string& line, std::size_t& written) {
  while (written < line.size()) {
    const auto put = ::write(in_.get(), line.data() + written, line.size() - written);
    if (put >= 0) {
      written += static_cast<std::size_t>(put);
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
  return true;
}

// True: something came; false: nothing now; nothing: it is the end.
std::optional<bool> WorkerProcess::read_some() {
  std::array<char, kReadBytes> bytes;  // not filled: most of it mostly is not needed
  ssize_t got = 0;
  do {
    got = ::read(out_.get(), bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  if (got == 0) return std::nullopt;
  if (got > 0) received_.append(bytes.data(), static_cast<std::size_t>(got));
  return got > 0;
}

// Of what has been received: a line, or that it will never be one.
std::optional<Exchange> WorkerProcess::line_or_flaw() {
  const auto end = received_.find('\n', searched_);
  searched_ = received_.size();
  if (std::min(end, received_.size()) > limits_.line_bytes) {
    return Exchange{Exchange::End::broken,
                    "wrote a line of more than " + std::to_string(limits_.line_bytes) + " bytes"};
  }
  if (end == std::string::npos) return std::nullopt;
  Exchange exchange;
  exchange.excess = end + 1 < received_.size();
  received_.resize(end);
  exchange.text = std::exchange(received_, {});
  return exchange;
}

/// One exchange, step by step.
class WorkerProcess::Talk {
 public:
  Talk(WorkerProcess& process, const std::string& line, Clock::time_point deadline)
      : process_(process), line_(line), deadline_(deadline) {}

  Exchange run() {
    process_.received_.clear();
    process_.searched_ = 0;
    writable_ = process_.write_some(line_, written_);
    while (Clock::now() < deadline_) {
      if (auto exchange = step()) return finished(std::move(*exchange));
    }
    return finished({Exchange::End::late, "did not answer in time"});
  }

 private:
  std::optional<Exchange> step() {
    const bool writing = writable_ && written_ < line_.size();
    std::array<pollfd, 3> polled{{{process_.out_.get(), POLLIN, 0},
                                  {process_.status_.get(), POLLIN, 0},
                                  {writing ? process_.in_.get() : -1, POLLOUT, 0}}};
    ::poll(polled.data(), polled.size(), ms_until(deadline_));
    if (polled[2].revents != 0) writable_ = process_.write_some(line_, written_);
    // Its end is looked at first, so that what it wrote before is all there.
    const bool dead = polled[1].revents != 0;
    if (polled[0].revents != 0 || dead) {
      if (auto exchange = read(dead)) return exchange;
    }
    if (dead) return Exchange{Exchange::End::died, process_.ended().value_or("has ended")};
    return std::nullopt;
  }

  // All that is there where the process has ended, else some of it.
  std::optional<Exchange> read(bool dead) {
    for (;;) {
      const auto more = process_.read_some();
      if (auto exchange = process_.line_or_flaw()) return exchange;
      if (!more) return dead ? std::nullopt : std::make_optional(output_closed());
      if (!dead || !*more) return std::nullopt;
    }
  }

  // Mostly this is a process that is about to end, and how is worth a moment.
  Exchange output_closed() {
    pollfd status{process_.status_.get(), POLLIN, 0};
    ::poll(&status, 1, ms_until(std::min(deadline_, Clock::now() + kEndPatience)));
    if (auto how = process_.ended()) return {Exchange::End::died, std::move(*how)};
    return {Exchange::End::broken, "closed its standard output"};
  }

  Exchange finished(Exchange exchange) const {
    exchange.touched = process_.touched(written_);
    return exchange;
  }

  WorkerProcess& process_;
  const std::string& line_;
  const Clock::time_point deadline_;
  std::size_t written_ = 0;
  bool writable_ = true;
};

Exchange WorkerProcess::exchange(const std::string& line, const EventId& id,
                                 Clock::time_point deadline) {
  errors_.event(id);
  if (limits_.event_cpu.count() > 0) allow_cpu();
  return Talk(*this, line, deadline).run();
}

}  // namespace millrace
