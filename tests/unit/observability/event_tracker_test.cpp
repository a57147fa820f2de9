// Events under way, against an oracle that keeps everything it was told in plain lists.
#include "observability/event_tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace millrace {
namespace {

using Clock = EventTracker::Clock;
using std::chrono::nanoseconds;

// Each thread has a time of its own: what the tracker reads is what the oracle wrote.
thread_local Clock::time_point time_of_thread{};
Clock::time_point thread_time() {
  return time_of_thread;
}
void pass(std::mt19937& random) {
  time_of_thread += nanoseconds(1 + random() % 1000);
}

// The life of one event, a step at a time, and what has to be known of it.
class Life {
 public:
  Life(std::uint64_t number, std::mt19937& random) : random_(random) {
    auto frame = std::make_shared<Frame>();
    frame->number = number;
    frame->id = {7, number, 0};
    frame->stream = "stream/" + std::to_string(number % 3);
    frame->raw = Payload(std::string(random() % 50, 'x'));
    frame->received = std::chrono::system_clock::time_point(std::chrono::seconds(1000 - number));
    frame->cut = time_of_thread;
    if (random() % 20 == 0) frame->defect = "no frame";
    if (random() % 20 == 0) frame->duplicate = true;
    frame_ = frame;
    attempts_to_come_ = is_worked_on() ? 1 + static_cast<unsigned>(random() % 3) : 0;
  }

  [[nodiscard]] bool done() const { return step_ == Step::done; }
  [[nodiscard]] const EventTrace& expected() const { return expected_.so_far; }
  [[nodiscard]] const UnderWay& under_way() const { return expected_; }
  [[nodiscard]] bool cut() const { return step_ != Step::to_cut && step_ != Step::done; }

  void step(EventTracker& tracker) {
    pass(random_);
    switch (step_) {
      case Step::to_cut:
        return be_cut(tracker);
      case Step::to_start:
        return start(tracker);
      case Step::to_finish:
        return finish(tracker);
      case Step::to_retry:
        tracker.retry_scheduled(*frame_, {});
        reach(Stage::retrying);
        step_ = Step::to_start;
        return;
      case Step::to_emit:
        return emit(tracker);
      case Step::to_confirm:
        trace().confirmed = time_of_thread;
        step_ = Step::done;
        tracker.outcome_confirmed(frame_->number);
        return;
      case Step::done:
        return;
    }
  }

 private:
  enum class Step { to_cut, to_start, to_finish, to_retry, to_emit, to_confirm, done };

  [[nodiscard]] bool is_worked_on() const { return frame_->defect.empty() && !frame_->duplicate; }
  EventTrace& trace() { return expected_.so_far; }
  void reach(Stage stage) {
    expected_.stage = stage;
    expected_.since = time_of_thread;
  }

  void be_cut(EventTracker& tracker) {
    trace().number = frame_->number;
    trace().id = frame_->id;
    trace().stream = frame_->stream;
    trace().bytes_in = frame_->raw.size();
    trace().received = frame_->received;
    auto& now = frame_->cut;
    trace().cut = trace().started = trace().last_started = now;
    trace().finished = trace().emitted = trace().confirmed = now;
    expected_.since = now;
    tracker.frame_cut(*frame_);
    step_ = attempts_to_come_ > 0 ? Step::to_start : Step::to_emit;
  }

  void start(EventTracker& tracker) {
    attempt_.worker = static_cast<unsigned>(random_() % 5);
    attempt_.number = ++trace().attempts;
    late_ = random_() % 4 == 0;
    attempt_.deadline = late_ ? time_of_thread : Clock::time_point::max();
    if (attempt_.number == 1) trace().started = time_of_thread;
    trace().last_started = trace().finished = time_of_thread;
    trace().emitted = trace().confirmed = time_of_thread;
    trace().worker = attempt_.worker;
    reach(Stage::working);
    tracker.work_started(*frame_, attempt_);
    step_ = Step::to_finish;
  }

  void finish(EventTracker& tracker) {
    --attempts_to_come_;
    switch (attempts_to_come_ > 0 ? 3 : random_() % 4) {
      case 0:
        verdict_ = Result{Payload(std::string(random_() % 30, 'r'))};
        break;
      case 1:
        verdict_ = Filtered{};
        break;
      case 2:
        verdict_ = Rejected{"never"};
        break;
      default:
        verdict_ = Failed{"not now", {}};
    }
    const auto* result = std::get_if<Result>(&verdict_);
    trace().bytes_out = result == nullptr ? 0 : result->payload.size();
    trace().finished = trace().emitted = trace().confirmed = time_of_thread;
    reach(Stage::turn);
    tracker.work_finished(*frame_, attempt_, verdict_);
    step_ = attempts_to_come_ > 0 ? Step::to_retry : Step::to_emit;
  }

  void emit(EventTracker& tracker) {
    if (!frame_->defect.empty()) {
      become(Rejected{frame_->defect}, Fate::rejected, frame_->defect, Origin::framing);
    } else if (frame_->duplicate) {
      become(Filtered{"duplicate"}, Fate::filtered, "duplicate", Origin::duplicate);
    } else if (std::holds_alternative<Result>(verdict_)) {
      if (random_() % 4 == 0) become(Rejected{"large"}, Fate::rejected, "large", Origin::result);
    } else if (std::holds_alternative<Rejected>(verdict_)) {
      become(verdict_, Fate::rejected, "never", Origin::processor);
    } else if (std::holds_alternative<Failed>(verdict_)) {
      become(verdict_, Fate::failed, "not now", late_ ? Origin::timeout : Origin::processor);
    } else {
      become(verdict_, Fate::filtered, "", Origin::processor);
    }
    trace().emitted = trace().confirmed = time_of_thread;
    reach(Stage::confirming);
    const Outcome outcome{frame_, verdict_, trace().attempts};
    if (trace().fate == Fate::filtered) {
      tracker.outcome_filtered(outcome);
    } else if (trace().fate != Fate::result && random_() % 2 == 0) {
      trace().dropped = true;
      tracker.outcome_dropped(outcome);
    } else {
      tracker.outcome_emitted(outcome);
      if (trace().fate == Fate::result && random_() % 4 == 0) be_refused(tracker);
    }
    step_ = Step::to_confirm;
  }

  void be_refused(EventTracker& tracker) {
    become(Rejected{"no such topic"}, Fate::rejected, "no such topic", Origin::receiver);
    tracker.outcome_replaced({frame_, verdict_, trace().attempts});
  }

  void become(Verdict verdict, Fate fate, std::string cause, Origin origin) {
    verdict_ = std::move(verdict);
    trace().fate = fate;
    trace().cause = std::move(cause);
    if (!std::holds_alternative<Result>(verdict_)) trace().bytes_out = 0;
    if (fate != Fate::filtered || origin != Origin::processor) trace().origin = origin;
  }

  std::mt19937& random_;
  FramePtr frame_;
  Attempt attempt_;
  Verdict verdict_;
  unsigned attempts_to_come_ = 0;
  bool late_ = false;
  Step step_ = Step::to_cut;
  UnderWay expected_;
};

void expect_same(const EventTrace& got, const EventTrace& expected) {
  SCOPED_TRACE("number " + std::to_string(expected.number));
  EXPECT_EQ(got.number, expected.number);
  EXPECT_EQ(got.id, expected.id);
  EXPECT_EQ(got.stream, expected.stream);
  EXPECT_EQ(got.fate, expected.fate);
  EXPECT_EQ(got.origin, expected.origin);
  EXPECT_EQ(got.dropped, expected.dropped);
  EXPECT_EQ(got.cause, expected.cause);
  EXPECT_EQ(got.worker, expected.worker);
  EXPECT_EQ(got.attempts, expected.attempts);
  EXPECT_EQ(got.bytes_in, expected.bytes_in);
  EXPECT_EQ(got.bytes_out, expected.bytes_out);
  EXPECT_EQ(got.received, expected.received);
  EXPECT_EQ(got.cut, expected.cut);
  EXPECT_EQ(got.started, expected.started);
  EXPECT_EQ(got.last_started, expected.last_started);
  EXPECT_EQ(got.finished, expected.finished);
  EXPECT_EQ(got.emitted, expected.emitted);
  EXPECT_EQ(got.confirmed, expected.confirmed);
}

// What the tracker should say, by looking at everything there is.
void expect_in_flight(const InFlight& got, const std::vector<Life>& lives) {
  std::vector<const UnderWay*> open;
  for (const Life& life : lives) {
    if (life.cut()) open.push_back(&life.under_way());
  }
  std::uint64_t bytes = 0;
  std::size_t working = 0;
  for (const auto* each : open) {
    bytes += each->so_far.bytes_in;
    if (each->stage == Stage::working) ++working;
  }
  ASSERT_EQ(got.events, open.size());
  EXPECT_EQ(got.bytes, bytes);
  EXPECT_EQ(got.work.size(), working);
  ASSERT_EQ(got.head.has_value(), !open.empty());
  ASSERT_EQ(got.oldest_received.has_value(), !open.empty());
  if (open.empty()) return;
  const UnderWay& head = *open.front();
  auto oldest = head.so_far.received;
  std::size_t waiting = 0;
  std::uint64_t bytes_waiting = 0;
  nanoseconds lost{};
  for (const auto* each : open) {
    oldest = std::min(oldest, each->so_far.received);
    if (each == &head || each->stage != Stage::turn) continue;
    ++waiting;
    bytes_waiting += each->so_far.bytes_out;
    lost += time_of_thread - each->since;
  }
  EXPECT_EQ(got.oldest_received, oldest);
  EXPECT_EQ(got.head->number, head.so_far.number);
  EXPECT_EQ(got.head->id, head.so_far.id);
  EXPECT_EQ(got.head->stage, head.stage);
  EXPECT_EQ(got.head->worker, head.so_far.worker);
  EXPECT_EQ(got.head->age, time_of_thread - head.so_far.cut);
  EXPECT_EQ(got.head->results_waiting, waiting);
  EXPECT_EQ(got.head->bytes_waiting, bytes_waiting);
  EXPECT_EQ(got.head->lost, lost);
}

TEST(EventTrackerTest, KnowsWhatIsUnderWayAfterEveryStepOfInterleavedEvents) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::map<std::uint64_t, EventTrace> told;
    EventTracker tracker({[&](const EventTrace& trace) { told.emplace(trace.number, trace); }},
                         thread_time);
    std::vector<Life> lives;
    for (std::uint64_t number = 0; number < 40; ++number) lives.emplace_back(number, random);
    std::size_t begun = 1;  // frames are cut in the order of their numbers
    while (told.size() < lives.size()) {
      const std::size_t which = random() % std::min(begun + 1, lives.size());
      if (which == begun) ++begun;
      lives[which].step(tracker);
      ASSERT_NO_FATAL_FAILURE(expect_in_flight(tracker.in_flight(), lives));
    }
    for (const Life& life : lives) expect_same(told.at(life.expected().number), life.expected());
  }
}

TEST(EventTrackerTest, JoinsWhatSeveralThreadsTell) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kEvents = 2000;
  std::mutex mutex;
  std::map<std::uint64_t, EventTrace> told;
  EventTracker tracker({[&](const EventTrace& trace) {
                         const std::lock_guard lock(mutex);
                         told.emplace(trace.number, trace);
                       }},
                       thread_time);
  std::vector<std::vector<EventTrace>> expected(kThreads);
  std::atomic<std::uint64_t> running = kThreads;
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random(static_cast<unsigned>(thread));
      std::vector<Life> lives;
      for (std::uint64_t i = 0; i < kEvents; ++i) lives.emplace_back(i * kThreads + thread, random);
      // A window of events at a time, so that some are always between any two steps.
      for (std::size_t first = 0; first < lives.size();) {
        lives[first + random() % std::min<std::size_t>(8, lives.size() - first)].step(tracker);
        while (first < lives.size() && lives[first].done()) ++first;
      }
      for (const Life& life : lives) expected[thread].push_back(life.expected());
      running.fetch_sub(1);
    });
  }
  while (running.load() > 0) {
    const InFlight now = tracker.in_flight();
    EXPECT_LE(now.events, kThreads * 8);
    EXPECT_LE(tracker.under_way(kThreads * 9).size(), kThreads * 8);
    std::this_thread::yield();
  }
  for (std::thread& each : threads) each.join();
  ASSERT_EQ(told.size(), kThreads * kEvents);
  for (const auto& traces : expected) {
    for (const EventTrace& trace : traces) expect_same(told.at(trace.number), trace);
  }
  EXPECT_EQ(tracker.in_flight().events, 0U);
}

TEST(EventTrackerTest, ListsTheOldestUnderWayByNumber) {
  std::mt19937 random(1);
  EventTracker tracker({}, thread_time);
  std::vector<Life> lives;
  for (std::uint64_t number = 0; number < 50; ++number) lives.emplace_back(number, random);
  for (Life& life : lives) life.step(tracker);
  for (const std::size_t most : {0, 1, 49, 50, 51}) {
    const auto list = tracker.under_way(most);
    ASSERT_EQ(list.size(), std::min(most, lives.size()));
    for (std::size_t i = 0; i < list.size(); ++i) {
      expect_same(list[i].so_far, lives[i].expected());
      EXPECT_EQ(list[i].stage, Stage::waiting);
    }
  }
}

TEST(EventTrackerTest, SaysThatAnEventThatWasNeverTriedCrashedTheProcess) {
  EventTrace told;
  EventTracker tracker({[&](const EventTrace& trace) { told = trace; }});
  const auto frame = std::make_shared<Frame>();
  tracker.frame_cut(*frame);
  tracker.outcome_emitted({frame, Failed{"crashed in each of its 3 attempts", {}}, 3});
  tracker.outcome_confirmed(0);
  EXPECT_EQ(told.origin, Origin::crash);
  EXPECT_EQ(told.attempts, 3U);
}

TEST(EventTrackerTest, PassesOverWhatItWasNeverToldOf) {
  int told = 0;
  EventTracker tracker({[&](const EventTrace&) { ++told; }});
  tracker.outcome_confirmed(3);
  EXPECT_EQ(told, 0);
  EXPECT_FALSE(tracker.in_flight().head.has_value());
}

}  // namespace
}  // namespace millrace
