// What an event costs the observers of /metrics and /status, from chunk to confirmation:
//   bench_observers [EVENTS]      nanoseconds of CPU time an event, by one thread and by four at
//   once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <thread>
#include <vector>

#include "observability/event_tracker.hpp"
#include "observability/figures.hpp"
#include "observability/observers.hpp"

namespace {

using namespace millrace;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kInFlight = 64;

struct Observed {
  Figures figures{5};
  EventTracker tracker{{[this](const EventTrace& trace) { figures.done(trace); }}};
  Observers all{{&tracker, &figures}};
};

// Numbers first, first + step, …: each event is confirmed when `kInFlight` younger ones are cut.
void pass_events(Observer& observer, std::uint64_t first, std::uint64_t step, std::uint64_t count) {
  std::vector<std::shared_ptr<Frame>> frames;
  for (std::uint64_t i = 0; i < kInFlight; ++i) {
    frames.push_back(std::make_shared<Frame>());
    frames.back()->stream = "a topic of usual length/1";
    frames.back()->raw = Payload(std::string(256, 'x'));
  }
  const Verdict verdict = Result{frames.front()->raw};
  const Attempt attempt{.worker = static_cast<unsigned>(first), .deadline = Clock::now()};
  for (std::uint64_t i = 0; i < count + kInFlight; ++i) {
    if (i >= kInFlight) observer.outcome_confirmed(first + (i - kInFlight) * step);
    if (i >= count) continue;
    const auto& frame = frames[i % kInFlight];
    frame->number = first + i * step;
    frame->cut = Clock::now();
    observer.chunk_stored(256, std::chrono::nanoseconds(900));
    observer.frame_cut(*frame);
    observer.work_started(*frame, attempt);
    observer.work_finished(*frame, attempt, verdict);
    observer.outcome_emitted({frame, verdict, 1});
  }
}

double nanoseconds_an_event(std::uint64_t threads, std::uint64_t count) {
  Observed observed;
  const std::clock_t begun = std::clock();
  std::vector<std::thread> running;
  for (std::uint64_t first = 0; first < threads; ++first) {
    running.emplace_back(
        [&, first] { pass_events(observed.all, first, threads, count / threads); });
  }
  for (std::thread& each : running) each.join();
  const auto took = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  return took * 1e9 / static_cast<double>(count);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  for (const std::uint64_t threads : {1U, 4U}) {
    std::printf("%d thread(s): %.0f ns an event\n", static_cast<int>(threads),
                nanoseconds_an_event(threads, count));
  }
  return 0;
}
