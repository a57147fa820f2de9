#include "faults/event_stream.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace millrace::test {
namespace {

using Clock = std::chrono::steady_clock;

// What the client library may hold unsent: it searches all of them for each packet identifier.
constexpr std::size_t kMostUnacknowledged = 2000;
constexpr std::chrono::milliseconds kTick{2};

// Waits for the time, or the end. False: the end.
bool wait_until_time(Clock::time_point time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock(mutex);
  ended.wait_until(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

EventStream::EventStream(std::uint16_t port, const NumberedEvents& events, Oracle& oracle,
                         std::vector<std::string> topics)
    : events_(events),
      oracle_(oracle),
      topics_(std::move(topics)),
      peer_(port, "publisher",
            {.persistent = true, .on_acknowledged = [this](std::uint64_t number, int reason) {
               if (reason < 0x80) oracle_.acknowledged(number);
             }}) {}

EventStream::~EventStream() = default;

void EventStream::start(unsigned per_second) {
  thread_ =
      std::jthread([this, per_second](const std::stop_token& stop) { run(stop, per_second); });
}

bool EventStream::stop(std::chrono::milliseconds patience) {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  return peer_.flush(patience);
}

void EventStream::publish(std::uint64_t count) {
  for (; count > 0; --count) publish_one();
}

std::uint64_t EventStream::publish_one() {
  const auto number = next_.fetch_add(1);
  oracle_.published(number);
  peer_.post_numbered(topics_[number % topics_.size()], events_.event(number), number);
  return number;
}

void EventStream::run(const std::stop_token& stop, unsigned per_second) {
  const auto begun = Clock::now();
  auto tick = begun;
  std::uint64_t sent = 0;
  while (wait_until_time(tick, stop)) {
    tick = std::max(tick + kTick, Clock::now());
    const auto elapsed = std::chrono::duration<double>(Clock::now() - begun).count();
    const auto due = static_cast<std::uint64_t>(elapsed * per_second);
    while ((per_second == 0 || sent < due) && peer_.unacknowledged() < kMostUnacknowledged &&
           !stop.stop_requested()) {
      publish_one();
      ++sent;
    }
  }
}

}  // namespace millrace::test
