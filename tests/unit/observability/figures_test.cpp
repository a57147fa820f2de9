#include "observability/figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace millrace {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class FiguresTest : public ::testing::Test {
 protected:
  void pass(std::chrono::nanoseconds time) {
    now_ += time;
    today_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(time);
  }
  [[nodiscard]] Report report() const { return figures_.report({}); }

  EventTrace trace(Fate fate, Origin origin = Origin::processor) const {
    EventTrace trace;
    trace.fate = fate;
    trace.origin = origin;
    trace.received = today_;
    trace.cut = trace.started = trace.finished = trace.emitted = trace.confirmed = now_;
    return trace;
  }

  std::chrono::steady_clock::time_point now_{seconds(1000)};
  std::chrono::system_clock::time_point today_{seconds(1'000'000)};
  Figures figures_{2, {.steady = [this] { return now_; }, .system = [this] { return today_; }}};
};

TEST_F(FiguresTest, CountsWhatComesIn) {
  figures_.chunk_stored(100, microseconds(3));
  figures_.chunk_stored(20, milliseconds(2));
  figures_.chunk_skipped("a");
  Frame frame;
  frame.raw = Payload(std::string("12345"));
  figures_.frame_cut(frame);
  figures_.retry_scheduled(frame, {});
  const Report now = report();
  EXPECT_EQ(now.chunks, 2U);
  EXPECT_EQ(now.chunk_bytes, 120U);
  EXPECT_EQ(now.chunks_skipped, 1U);
  EXPECT_EQ(now.frames, 1U);
  EXPECT_EQ(now.frame_bytes, 5U);
  EXPECT_EQ(now.retries, 1U);
  EXPECT_EQ(now.append.counts.back(), 2U);
  EXPECT_NEAR(now.append.sum, 0.002003, 1e-9);
}

TEST_F(FiguresTest, PutsEveryEventThatIsDoneIntoOneCount) {
  EventTrace result = trace(Fate::result);
  result.bytes_out = 7;
  figures_.done(result);
  figures_.done(result);
  figures_.done(trace(Fate::filtered, Origin::duplicate));
  figures_.done(trace(Fate::rejected, Origin::framing));
  figures_.done(trace(Fate::failed, Origin::timeout));
  EventTrace dropped = trace(Fate::failed);
  dropped.dropped = true;
  figures_.done(dropped);
  const Report::Done done = report().done;
  EXPECT_EQ(done.of(Fate::result), 2U);
  EXPECT_EQ(done.result_bytes, 14U);
  EXPECT_EQ(done.of(Fate::filtered), 1U);
  EXPECT_EQ(done.of(Fate::rejected), 1U);
  EXPECT_EQ(done.of(Fate::failed), 2U);
  EXPECT_EQ(done.dropped, 1U);
  EXPECT_EQ(done.all_dead_letters(), 2U);
  EXPECT_EQ(done.all(), 6U);
  const auto at = [&done](Fate fate, Origin origin) {
    return done.by_origin[static_cast<std::size_t>(fate)][static_cast<std::size_t>(origin)];
  };
  EXPECT_EQ(at(Fate::filtered, Origin::duplicate), 1U);
  EXPECT_EQ(at(Fate::rejected, Origin::framing), 1U);
  EXPECT_EQ(at(Fate::failed, Origin::timeout), 1U);
  EXPECT_EQ(at(Fate::failed, Origin::processor), 1U);
}

TEST_F(FiguresTest, RemembersTheLastTenDeadLettersNewestFirst) {
  for (unsigned i = 0; i < 12; ++i) {
    EventTrace letter = trace(Fate::rejected);
    letter.id = {1, i, 0};
    letter.stream = "in/a";
    letter.cause = "cause " + std::to_string(i);
    letter.attempts = i;
    figures_.done(letter);
    pass(seconds(1));
  }
  EventTrace dropped = trace(Fate::failed);
  dropped.dropped = true;
  figures_.done(dropped);
  const auto letters = report().last_dead_letters;
  ASSERT_EQ(letters.size(), 10U);
  EXPECT_EQ(letters.front().cause, "cause 11");
  EXPECT_EQ(letters.front().id, (EventId{1, 11, 0}));
  EXPECT_EQ(letters.front().stream, "in/a");
  EXPECT_EQ(letters.front().attempts, 11U);
  EXPECT_EQ(letters.front().time, today_ - seconds(1));
  EXPECT_EQ(letters.back().cause, "cause 2");
}

TEST_F(FiguresTest, DividesTheTimeOfAnEventAmongItsStages) {
  EventTrace event = trace(Fate::result);
  event.received = today_ - seconds(100);  // 88 s before it was cut
  event.started = now_ - seconds(11);
  event.cut = now_ - seconds(12);
  event.finished = now_ - seconds(9);
  event.emitted = now_ - seconds(5);
  figures_.done(event);
  const Report now = report();
  const std::array<double, 6> expected{88, 1, 2, 4, 5, 100};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(now.latency[i].sum, expected[i], 1e-9) << kSpanNames[i];
    EXPECT_EQ(now.latency[i].counts.back(), 1U);
    EXPECT_NEAR(now.recent_latency[i].max, expected[i], 1e-9) << kSpanNames[i];
  }
}

TEST_F(FiguresTest, TakesNoTimeBeforeAnEventWasCutForAnAgeWhenTheCalendarIsSetBack) {
  EventTrace event = trace(Fate::result);
  event.received = today_ + std::chrono::hours(1);
  event.cut = now_ - seconds(2);
  figures_.done(event);
  const Report now = report();
  EXPECT_NEAR(now.latency[static_cast<std::size_t>(Span::total)].sum, 2, 1e-9);
  EXPECT_EQ(now.latency[static_cast<std::size_t>(Span::journal)].sum, 0);
}

TEST_F(FiguresTest, TellsTheRatesOfTheLastTenSeconds) {
  const auto second = [this](int events) {
    for (int i = 0; i < events; ++i) {
      figures_.frame_cut({});
      if (i % 2 == 0) figures_.done(trace(Fate::result));
    }
    pass(seconds(1));
    figures_.tick();
  };
  for (int i = 0; i < 5; ++i) second(10);
  EXPECT_DOUBLE_EQ(report().rate_in, 10);
  EXPECT_DOUBLE_EQ(report().rate_out, 5);
  for (int i = 0; i < 10; ++i) second(40);
  EXPECT_DOUBLE_EQ(report().rate_in, 40);
  EXPECT_DOUBLE_EQ(report().rate_out, 20);
  for (int i = 0; i < 5; ++i) second(0);
  EXPECT_DOUBLE_EQ(report().rate_in, 20);
  for (int i = 0; i < 20; ++i) second(0);
  EXPECT_DOUBLE_EQ(report().rate_in, 0);
}

TEST_F(FiguresTest, TellsHowBusyWorkersAreAndWithWhat) {
  const Frame frame;
  Attempt first;
  Attempt second;
  second.worker = 1;
  figures_.work_started(frame, first);
  pass(seconds(5));
  figures_.work_finished(frame, first, Filtered{});
  figures_.work_started(frame, second);
  pass(seconds(5));
  const WorkUnderWay work{1, {1, 2, 3}, 2, now_ - seconds(5)};
  InFlight in_flight;
  in_flight.work = {work};
  const Report now = figures_.report(in_flight);
  ASSERT_EQ(now.workers.size(), 2U);
  EXPECT_DOUBLE_EQ(now.workers[0].busy_seconds, 5);
  EXPECT_DOUBLE_EQ(now.workers[1].busy_seconds, 5);
  EXPECT_DOUBLE_EQ(now.workers[0].busy_ratio, 0.5);
  EXPECT_DOUBLE_EQ(now.busy_ratio, 0.5);
  EXPECT_FALSE(now.workers[0].event.has_value());
  ASSERT_TRUE(now.workers[1].event.has_value());
  EXPECT_EQ(now.workers[1].event->id, (EventId{1, 2, 3}));
  for (int i = 0; i < 12; ++i) {
    pass(seconds(1));
    figures_.tick();
  }
  EXPECT_DOUBLE_EQ(report().workers[0].busy_ratio, 0);
  EXPECT_DOUBLE_EQ(report().workers[1].busy_ratio, 1);
  EXPECT_DOUBLE_EQ(report().workers[1].busy_seconds, 17);
}

TEST_F(FiguresTest, CountsPausesAndTheirTime) {
  figures_.connection_changed(End::source, {true, true, ""});
  figures_.connection_changed(End::sink, {true, true, ""});
  EXPECT_EQ(report().state, Report::State::running);
  figures_.paused(true);
  pass(seconds(3));
  EXPECT_EQ(report().state, Report::State::paused);
  EXPECT_TRUE(report().pauses.now);
  EXPECT_EQ(report().pauses.count, 1U);
  EXPECT_DOUBLE_EQ(report().pauses.seconds, 3);
  figures_.paused(false);
  pass(seconds(3));
  EXPECT_DOUBLE_EQ(report().pauses.seconds, 3);
  EXPECT_EQ(report().state, Report::State::running);
  figures_.stopping();
  EXPECT_EQ(report().state, Report::State::stopping);
}

TEST_F(FiguresTest, CountsConnectionsThatAreMadeAgain) {
  EXPECT_EQ(report().state, Report::State::starting);
  EXPECT_FALSE(report().dead_letter_connection.has_value());
  figures_.connection_changed(End::source, {false, false, "connecting"});
  figures_.connection_changed(End::source, {false, true, "subscribing", true, false});
  figures_.connection_changed(End::source, {true, true, ""});
  EXPECT_EQ(report().source.reconnects, 0U);
  EXPECT_EQ(report().source.state.session_present, false);
  EXPECT_EQ(report().state, Report::State::starting) << "the sink is not there yet";
  figures_.connection_changed(End::source, {false, false, "lost"});
  EXPECT_EQ(report().source.state.reason, "lost");
  figures_.connection_changed(End::source, {false, true, "subscribing", true, true});
  figures_.connection_changed(End::source, {true, true, ""});
  EXPECT_EQ(report().source.reconnects, 1U);
  EXPECT_EQ(report().source.state.session_present, true);
  EXPECT_EQ(report().sink.reconnects, 0U);
  EXPECT_EQ(report().sink.state.session_present, std::nullopt);
  figures_.connection_changed(End::dead_letters, {false, false, "away"});
  ASSERT_TRUE(report().dead_letter_connection.has_value());
  EXPECT_EQ(report().dead_letter_connection->state.reason, "away");
}

TEST_F(FiguresTest, CountsRefusalsRestartsAndClients) {
  EXPECT_FALSE(report().fan_out_clients.has_value());
  figures_.broker_refused(RefusedBy::puback, 0x87);
  figures_.broker_refused(RefusedBy::puback, 0x87);
  figures_.broker_refused(RefusedBy::puback, 0x90);
  figures_.broker_refused(RefusedBy::connack, 0x87);
  figures_.broker_refused(RefusedBy::suback, 0x80);
  figures_.broker_refused(RefusedBy::disconnect, 0xff);
  figures_.worker_restarted(1);
  figures_.worker_restarted(1);
  figures_.worker_restarted(99);
  figures_.clients_changed(4);
  figures_.clients_changed(3);
  const Report now = report();
  using Counts = std::map<int, std::uint64_t>;
  EXPECT_THAT(now.refusals, testing::ElementsAre(Counts{{0x87, 1}}, Counts{{0x80, 1}},
                                                 Counts{{0x87, 2}, {0x90, 1}}, Counts{{0xff, 1}}));
  EXPECT_EQ(now.workers[0].restarts, 0U);
  EXPECT_EQ(now.workers[1].restarts, 2U);
  EXPECT_EQ(now.worker_restarts(), 2U);
  EXPECT_EQ(now.fan_out_clients, 3U);
}

TEST_F(FiguresTest, TellsTheAgeOfTheOldestEvent) {
  EXPECT_EQ(report().oldest_age(), 0);
  InFlight in_flight;
  in_flight.oldest_received = today_ - seconds(7);
  EXPECT_DOUBLE_EQ(figures_.report(in_flight).oldest_age(), 7);
}

TEST(FiguresAmongThreads, LoseNothing) {
  constexpr unsigned kThreads = 4;
  constexpr unsigned kEach = 5000;
  Figures figures(kThreads);
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&figures, thread] {
      Attempt attempt;
      attempt.worker = thread;
      EventTrace trace;
      trace.fate = thread % 2 == 0 ? Fate::result : Fate::rejected;
      trace.bytes_out = 2;
      for (unsigned i = 0; i < kEach; ++i) {
        figures.chunk_stored(3, microseconds(1));
        figures.frame_cut({});
        figures.work_started({}, attempt);
        figures.work_finished({}, attempt, Filtered{});
        figures.done(trace);
        if (i % 100 == 0) figures.tick();
      }
    });
  }
  for (int i = 0; i < 100; ++i) EXPECT_LE(figures.report({}).done.all(), kThreads * kEach);
  for (std::thread& each : threads) each.join();
  const Report now = figures.report({});
  EXPECT_EQ(now.chunks, kThreads * kEach);
  EXPECT_EQ(now.chunk_bytes, 3 * kThreads * kEach);
  EXPECT_EQ(now.frames, kThreads * kEach);
  EXPECT_EQ(now.done.of(Fate::result), kThreads / 2 * kEach);
  EXPECT_EQ(now.done.all_dead_letters(), kThreads / 2 * kEach);
  EXPECT_EQ(now.append.counts.back(), kThreads * kEach);
}

}  // namespace
}  // namespace millrace
