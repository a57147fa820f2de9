// A real graph between fake ends.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "framing/framers.hpp"
#include "journal/memory_journal.hpp"
#include "millrace/config.hpp"
#include "millrace/processor.hpp"
#include "millrace/sink.hpp"
#include "pipeline/pipeline.hpp"

namespace millrace::test {

using namespace std::chrono_literals;

/// A processor made of a function.
class FunctionProcessor final : public Processor {
 public:
  using Function = std::function<Verdict(const Frame&, const Attempt&)>;
  explicit FunctionProcessor(Function function) : function_(std::move(function)) {}
  Verdict process(const Frame& frame, const Attempt& attempt) override {
    return function_(frame, attempt);
  }

 private:
  Function function_;
};

/// Keeps what it accepts, in order; confirms at once, or when told.
class RecordingSink final : public Sink {
 public:
  std::function<void(std::uint64_t)> confirm;  ///< set by the harness
  std::function<std::optional<std::string>(const Frame&, const Result&)> unfit_if;

  void start(Deliveries&) override {}
  std::optional<std::string> unfit(const Frame& frame, const Result& result) const override {
    return unfit_if ? unfit_if(frame, result) : std::nullopt;
  }
  void accept(OutcomePtr outcome) override {
    bool now = false;
    {
      const std::lock_guard lock(mutex_);
      outcomes_.push_back(outcome);
      now = !holding_;
      if (holding_) held_.push_back(outcome->frame->number);
    }
    changed_.notify_all();
    if (now) confirm(outcome->frame->number);
  }
  void stop() override {}

  /// From now on what is accepted stays unconfirmed.
  void hold() {
    const std::lock_guard lock(mutex_);
    holding_ = true;
  }

  /// Confirms all that was held, in the order that `arrange` gives it; holds no longer.
  void release(const std::function<void(std::vector<std::uint64_t>&)>& arrange = {}) {
    std::vector<std::uint64_t> numbers;
    {
      const std::lock_guard lock(mutex_);
      holding_ = false;
      numbers.swap(held_);
    }
    if (arrange) arrange(numbers);
    for (const auto number : numbers) confirm(number);
  }

  /// Waits until it has accepted `count`; what it has after at most `patience`.
  std::vector<OutcomePtr> wait_for(std::size_t count, std::chrono::milliseconds patience = 20s) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return outcomes_.size() >= count; });
    return outcomes_;
  }
  std::vector<OutcomePtr> outcomes() const {
    const std::lock_guard lock(mutex_);
    return outcomes_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<OutcomePtr> outcomes_;
  std::vector<std::uint64_t> held_;
  bool holding_ = false;
};

/// A pipeline over a journal in memory (or another one), its ends, and what it told its owner.
class Harness {
 public:
  Config config;
  RecordingSink results;
  RecordingSink dead_letters;
  Observer silent;
  Observer* observer = &silent;
  FunctionProcessor::Function work = [](const Frame& frame, const Attempt&) -> Verdict {
    return Result{frame.payload};
  };
  bool connection = false;
  std::unique_ptr<Evidence> evidence;
  std::unique_ptr<Dedupe> dedupe;

  /// After the configuration has been arranged.
  void start(JournalPtr other_journal = nullptr) {
    processor = std::make_unique<FunctionProcessor>(work);
    journal = other_journal
                  ? std::move(other_journal)
                  : std::make_unique<MemoryJournal>(config.limits.in_flight_bytes, 0x5f3a9c01);
    PipelineParts parts{
        *journal,       [this] { return make_framer(config.framing, config.limits, connection); },
        *processor,     results,
        dead_letters,   *observer,
        evidence.get(), dedupe.get(),
        connection};
    PipelineEvents events{.stream_broken =
                              [this](const std::string& stream) {
                                const std::lock_guard lock(mutex_);
                                broken_.push_back(stream);
                              },
                          .committed = [] {},
                          .journal_failed = [](std::error_code) {},
                          .stopped =
                              [this](const Outcome& outcome) {
                                const std::lock_guard lock(mutex_);
                                stopped_.push_back(outcome.frame->id);
                                changed_.notify_all();
                              }};
    pipeline = std::make_unique<Pipeline>(config, parts, events);
    results.confirm =
        dead_letters.confirm = [this](std::uint64_t number) { pipeline->confirmed(number); };
    pipeline->start();
  }

  /// One message on a topic.
  void publish(const std::string& bytes, const std::string& topic = "events/a") {
    Chunk chunk{.stream = topic,
                .bytes = Payload(bytes),
                .properties = nullptr,
                .received = std::chrono::system_clock::now()};
    while (journal->append(chunk) == std::errc::no_buffer_space) std::this_thread::yield();
  }

  bool drain(std::chrono::milliseconds patience = 20s) {
    return pipeline->drain(std::chrono::steady_clock::now() + patience);
  }

  std::vector<std::string> broken() const {
    const std::lock_guard lock(mutex_);
    return broken_;
  }
  std::vector<EventId> wait_for_stop() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 20s, [&] { return !stopped_.empty(); });
    return stopped_;
  }

  JournalPtr journal;
  std::unique_ptr<Processor> processor;
  std::unique_ptr<Pipeline> pipeline;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> broken_;
  std::vector<EventId> stopped_;
};

/// A journal in memory that claims to be durable, and keeps what was committed.
class DurableInMemory final : public Journal {
 public:
  std::error_code append(Chunk chunk) override { return journal_.append(std::move(chunk)); }
  std::error_code append(Cut cut) override { return journal_.append(std::move(cut)); }
  ReadResult read() override { return journal_.read(); }
  std::uint64_t unread() const noexcept override { return journal_.unread(); }
  std::error_code commit(const Commit& commit) override {
    watermark = commit.watermark;
    return journal_.commit(commit);
  }
  JournalState state() const override { return journal_.state(); }
  bool durable() const noexcept override { return true; }
  std::uint32_t epoch() const noexcept override { return 1; }
  void on_append(std::function<void()> listener) override {
    journal_.on_append(std::move(listener));
  }
  std::error_code close() override { return {}; }

  Point watermark;

 private:
  MemoryJournal journal_{1U << 30, 1};
};

/// The text of a result, or `!` and the cause.
inline std::string text_of(const OutcomePtr& outcome) {
  if (const auto* result = std::get_if<Result>(&outcome->verdict)) {
    return std::string(result->payload.view());
  }
  if (const auto* rejected = std::get_if<Rejected>(&outcome->verdict)) return "!" + rejected->cause;
  if (const auto* failed = std::get_if<Failed>(&outcome->verdict)) return "!" + failed->cause;
  return "(filtered)";
}

inline std::vector<std::string> texts_of(const std::vector<OutcomePtr>& outcomes) {
  std::vector<std::string> texts;
  for (const auto& outcome : outcomes) texts.push_back(text_of(outcome));
  return texts;
}

}  // namespace millrace::test
