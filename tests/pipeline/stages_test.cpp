// The stages on plain threads instead of oneTBB's, whose library ThreadSanitizer cannot see into:
// here it sees every access and every hand-over of ours.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <thread>

#include "pipeline/emit_stage.hpp"
#include "pipeline/feeder.hpp"
#include "pipeline/harness.hpp"
#include "pipeline/processing_stage.hpp"
#include "pipeline/retries.hpp"
#include "pipeline/task_thread.hpp"

namespace millrace::test {
namespace {

/// A queue that threads take from until it is closed.
template <typename Item>
class Queue {
 public:
  void put(Item item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    changed_.notify_one();
  }
  std::optional<Item> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    Item item = std::move(items_.front());
    items_.pop_front();
    return item;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  bool closed_ = false;
};

/// The graph of pipeline.cpp with threads and queues of the standard library.
class PlainThreads {
 public:
  explicit PlainThreads(Processor& processor)
      : workers(processor, 3, 1s, observer),
        retries(timers, config.processing, observer,
                {.reserve = [] {},
                 .reenter = [this](Job job) { jobs.put(std::move(job)); },
                 .release = [] {}}),
        processing(workers, sink, config.processing, config.limits,
                   [this](Job job, std::optional<Duration> again_in) {
                     retries.schedule(std::move(job), again_in);
                   }) {
    sink.confirm = [this](std::uint64_t number) { confirmations.put(number); };
    journal.on_append([this] { feeder.wake(); });
    threads.emplace_back([this] { frame(); });
    for (int i = 0; i < 3; ++i) threads.emplace_back([this] { process(); });
    threads.emplace_back([this] { emit_in_order(); });
    threads.emplace_back([this] {
      while (const auto number = confirmations.take()) ledger.confirmed(*number);
    });
    feeder.start();
  }
  ~PlainThreads() {
    feeder.stop();
    timers.stop();
    tokens.close();
    jobs.close();
    done.close();
    confirmations.close();
    threads.clear();
  }

  void frame() {
    while (tokens.take()) {
      if (auto cut = framing.next(credits.adopt())) jobs.put(Job{std::move(cut)});
      feeder.token_done();
    }
  }
  void process() {
    while (const auto job = jobs.take()) {
      if (auto outcome = processing.run(*job)) done.put(std::move(*outcome));
    }
  }
  void emit_in_order() {
    std::map<std::uint64_t, Done> early;
    for (std::uint64_t next = 0; auto outcome = done.take();) {
      early.emplace(outcome->number, std::move(*outcome));
      for (auto first = early.begin(); first != early.end() && first->first == next; ++next) {
        emit.take(first->second);
        first = early.erase(first);
      }
    }
  }

  static Config small_backoff() {
    Config config;
    config.processing.backoff = 1ms;
    config.limits.in_flight = 16;
    return config;
  }

  Config config = small_backoff();
  Observer observer;
  RecordingSink sink;
  MemoryJournal journal{64U << 20, 1};
  TaskThread timers{"timers"};
  Queue<int> tokens;
  Queue<Job> jobs;
  Queue<Done> done;
  Queue<std::uint64_t> confirmations;
  Credits credits{config.limits.in_flight, config.limits.in_flight_bytes,
                  [this](std::uint64_t bytes) {
                    if (bytes > 0) framing.unblock();
                    feeder.wake();
                  }};
  Ledger ledger{journal, timers, 4, {.committed = [] {}, .failed = [](std::error_code) {}}};
  FramingStage framing{
      journal,
      ledger,
      credits,
      [this] { return make_framer(config.framing, config.limits, false); },
      config.framing,
      config.limits,
      observer,
      {.stream_broken = [](const std::string&) {}, .failed = [](std::error_code) {}}};
  Workers workers;
  Retries retries;
  ProcessingStage processing;
  EmitStage emit{sink,
                 sink,
                 ProcessingConfig{},
                 observer,
                 {.settled = [this](std::uint64_t number) { ledger.confirmed(number); },
                  .stopped = [](const Outcome&) {}}};
  Feeder feeder{journal, credits, framing, [this] { tokens.put(0); }};
  std::vector<std::jthread> threads;
};

TEST(Stages, KeepOrderOnPlainThreadsWithRetriesAndFiltering) {
  FunctionProcessor processor([](const Frame& frame, const Attempt& attempt) -> Verdict {
    const auto number = std::stoi(std::string(frame.payload.view()));
    if (number % 7 == 0 && attempt.number == 1) return Failed{"once"};
    if (number % 5 == 0) return Filtered{};
    return Result{frame.payload};
  });
  PlainThreads plain(processor);
  std::vector<std::string> expected;
  for (int i = 0; i < 2000; ++i) {
    const auto text = std::to_string(i);
    Chunk chunk{.stream = "s", .bytes = Payload(text), .properties = nullptr, .received = {}};
    ASSERT_FALSE(plain.journal.append(std::move(chunk)));
    if (i % 5 != 0) expected.push_back(text);
  }
  EXPECT_EQ(texts_of(plain.sink.wait_for(expected.size())), expected);
}

}  // namespace
}  // namespace millrace::test
