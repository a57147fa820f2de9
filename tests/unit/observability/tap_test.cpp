#include "observability/tap.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "observability/tap_message.hpp"

namespace millrace {
namespace {

EventTrace tapped(std::uint64_t number, const std::string& stream = "events/a") {
  EventTrace trace;
  trace.number = number;
  trace.stream = stream;
  return trace;
}

TapQueuePtr looking_on(TapWish wish, std::size_t capacity = 100) {
  return std::make_shared<TapQueue>(std::move(wish), capacity);
}

std::vector<std::uint64_t> numbers(const TapQueuePtr& queue) {
  std::vector<std::uint64_t> all;
  for (const TapSample& sample : queue->take()) all.push_back(sample.trace.number);
  return all;
}

Outcome outcome_of(std::uint64_t number, Verdict verdict, const std::string& payload = "in") {
  auto frame = std::make_shared<Frame>();
  frame->number = number;
  frame->raw = Payload(payload);
  return {frame, std::move(verdict), 1};
}

TEST(TapTest, ShowsEachStageToThoseWhoLookAtIt) {
  Tap tap(TapMode::events);
  const auto chunks = looking_on({TapStage::chunks, "", false});
  const auto frames = looking_on({TapStage::frames, "", false});
  const auto outcomes = looking_on({TapStage::outcomes, "", false});
  for (const auto& each : {chunks, frames, outcomes}) tap.join(each);
  Chunk chunk;
  chunk.stream = "events/c";
  chunk.bytes = Payload("four");
  chunk.redelivered = true;
  tap.chunk_received(chunk);
  Frame frame;
  frame.number = 7;
  frame.raw = Payload("three");
  frame.defect = "no frame";
  tap.frame_cut(frame);
  tap.finished(tapped(8));
  const auto arrived = chunks->take();
  ASSERT_EQ(arrived.size(), 1U);
  EXPECT_EQ(arrived[0].trace.stream, "events/c");
  EXPECT_EQ(arrived[0].trace.bytes_in, 4U);
  EXPECT_TRUE(arrived[0].redelivered);
  const auto cut = frames->take();
  ASSERT_EQ(cut.size(), 1U);
  EXPECT_EQ(cut[0].trace.number, 7U);
  EXPECT_EQ(cut[0].trace.cause, "no frame");
  EXPECT_EQ(numbers(outcomes), std::vector<std::uint64_t>{8});
}

TEST(TapTest, ShowsTheStreamsThatAreWishedFor) {
  Tap tap(TapMode::events);
  const auto one = looking_on({TapStage::outcomes, "events/a", false});
  const auto filter = looking_on({TapStage::outcomes, "events/#", false});
  // A connection's name may hold what a filter means something else by.
  const auto connection = looking_on({TapStage::outcomes, "127.0.0.1:9#2", false});
  for (const auto& each : {one, filter, connection}) tap.join(each);
  tap.finished(tapped(0, "events/a"));
  tap.finished(tapped(1, "events/b"));
  tap.finished(tapped(2, "127.0.0.1:9#2"));
  EXPECT_EQ(numbers(one), std::vector<std::uint64_t>{0});
  EXPECT_EQ(numbers(filter), (std::vector<std::uint64_t>{0, 1}));
  EXPECT_EQ(numbers(connection), std::vector<std::uint64_t>{2});
}

TEST(TapTest, CountsWhatAFullQueueLeavesOut) {
  Tap tap(TapMode::events);
  const auto queue = looking_on({}, 3);
  tap.join(queue);
  for (std::uint64_t i = 0; i < 10; ++i) tap.finished(tapped(i));
  const auto first = queue->take();
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0].left_out + first[1].left_out + first[2].left_out, 0U);
  tap.finished(tapped(10));
  const auto next = queue->take();
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].left_out, 7U);
}

TEST(TapTest, ShowsOneOfSoManyEvenlyUnderLoadAndAllOfThemAfterwards) {
  Tap tap(TapMode::events);
  const auto queue = looking_on({}, 10);
  tap.join(queue);
  for (std::uint64_t i = 0; i < 100; ++i) tap.finished(tapped(i));
  (void)queue->take();
  for (std::uint64_t i = 0; i < 100; ++i) tap.finished(tapped(i));
  EXPECT_EQ(numbers(queue), (std::vector<std::uint64_t>{0, 10, 20, 30, 40, 50, 60, 70, 80, 90}));
  (void)queue->take();
  for (std::uint64_t i = 0; i < 10; ++i) tap.finished(tapped(i));
  EXPECT_EQ(numbers(queue).size(), 10U);
}

TEST(TapTest, ShowsNothingAnyMoreToOneWhoHasLeft) {
  Tap tap(TapMode::events);
  const auto queue = looking_on({});
  tap.join(queue);
  tap.leave(queue);
  tap.leave(queue);
  tap.finished(tapped(0));
  EXPECT_TRUE(queue->take().empty());
}

TEST(TapTest, ShowsPayloadsOnlyWhereAllowedAndWishedFor) {
  for (const TapMode mode : {TapMode::events, TapMode::payloads}) {
    for (const bool wished : {false, true}) {
      Tap tap(mode);
      const auto chunks = looking_on({TapStage::chunks, "", wished});
      const auto frames = looking_on({TapStage::frames, "", wished});
      const auto outcomes = looking_on({TapStage::outcomes, "", wished});
      for (const auto& each : {chunks, frames, outcomes}) tap.join(each);
      Chunk chunk;
      chunk.bytes = Payload("secret");
      tap.chunk_received(chunk);
      Frame frame;
      frame.raw = Payload("secret");
      tap.frame_cut(frame);
      tap.outcome_emitted(outcome_of(0, Result{Payload("secret")}));
      tap.finished(tapped(0));
      const std::string expected = wished && mode == TapMode::payloads ? "secret" : "";
      for (const auto& each : {chunks, frames, outcomes}) {
        EXPECT_EQ(each->take().at(0).payload, expected);
      }
    }
  }
}

TEST(TapTest, ShowsTheResultOrWhatGaveNone) {
  Tap tap(TapMode::payloads);
  const auto queue = looking_on({TapStage::outcomes, "", true});
  tap.join(queue);
  tap.outcome_emitted(outcome_of(0, Result{Payload("out")}));
  tap.outcome_emitted(outcome_of(1, Rejected{"why"}, "poison"));
  tap.outcome_filtered(outcome_of(2, Filtered{}, "chaff"));
  tap.outcome_dropped(outcome_of(3, Failed{"why", {}}, "lost"));
  tap.outcome_emitted(outcome_of(4, Result{Payload("out")}, "refused"));
  tap.outcome_replaced(outcome_of(4, Rejected{"too large"}, "refused"));
  for (std::uint64_t i : {3U, 0U, 2U, 1U, 4U}) tap.finished(tapped(i));
  std::vector<std::string> payloads;
  for (const TapSample& sample : queue->take()) payloads.push_back(sample.payload);
  EXPECT_EQ(payloads, (std::vector<std::string>{"lost", "out", "chaff", "poison", "refused"}));
}

TEST(TapTest, ShowsNothingWhereItIsOff) {
  Tap tap(TapMode::off);
  const auto queue = looking_on({});
  tap.join(queue);
  tap.finished(tapped(0));
  EXPECT_TRUE(queue->take().empty());
}

TEST(TapTest, CutsALongPayloadBetweenTwoCharacters) {
  EXPECT_EQ(tap_excerpt("short"), "short");
  EXPECT_EQ(tap_excerpt(std::string(5000, 'x')).size(), kTapPayload);
  std::string text(kTapPayload - 1, 'x');
  for (int i = 0; i < 9; ++i) text += "€";
  EXPECT_EQ(tap_excerpt(text), std::string(kTapPayload - 1, 'x'));
  EXPECT_EQ(tap_excerpt(std::string(5000, '\x80')).size(), kTapPayload);
}

TEST(TapTest, HoldsWhileManyThreadsSpeakAndOthersComeAndGo) {
  Tap tap(TapMode::payloads);
  const auto stays = looking_on({TapStage::outcomes, "", true}, 100'000);
  tap.join(stays);
  std::vector<std::thread> threads;
  for (std::uint64_t each = 0; each < 3; ++each) {
    threads.emplace_back([&tap, each] {
      for (std::uint64_t i = 0; i < 2000; ++i) {
        tap.outcome_emitted(outcome_of(each * 2000 + i, Result{Payload("x")}));
        tap.finished(tapped(each * 2000 + i));
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    const auto guest = looking_on({TapStage::outcomes, "", true});
    tap.join(guest);
    (void)guest->take();
    tap.leave(guest);
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(stays->take().size(), 6000U);
}

}  // namespace
}  // namespace millrace
