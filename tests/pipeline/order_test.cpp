// Order and density: results leave in input order, whatever the work does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "pipeline/harness.hpp"

namespace millrace::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void wait_randomly(const Attempt& attempt, unsigned longest_us) {
  thread_local std::mt19937 random{std::random_device{}()};
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, attempt.stop, std::chrono::microseconds(random() % (longest_us + 1)),
                 [] { return false; });
}

std::vector<std::string> numbers(int count) {
  std::vector<std::string> expected;
  for (int i = 0; i < count; ++i) expected.push_back(std::to_string(i));
  return expected;
}

TEST(Order, IsThatOfTheInputAlthoughWorkEndsOutOfOrder) {
  Harness harness;
  harness.work = [](const Frame& frame, const Attempt& attempt) -> Verdict {
    wait_randomly(attempt, 3000);
    return Result{frame.payload};
  };
  harness.start();
  for (const auto& text : numbers(1000)) harness.publish(text);
  EXPECT_EQ(texts_of(harness.results.wait_for(1000)), numbers(1000));
  EXPECT_TRUE(harness.drain());
}

TEST(Order, HoldsWithEveryKindOfOutcomeAndWithRetriesAmongThem) {
  Harness harness;
  harness.config.processing.backoff = 3ms;
  harness.config.processing.attempts = 2;
  std::atomic<int> calls = 0;
  harness.work = [&](const Frame& frame, const Attempt& attempt) -> Verdict {
    ++calls;
    wait_randomly(attempt, 1000);
    const int number = std::stoi(std::string(frame.payload.view()));
    switch (number % 6) {
      case 0:
        return Filtered{};
      case 1:
        return Rejected{"no"};
      case 2:
        return Failed{"never"};
      case 3:
        if (attempt.number == 1) return Failed{"once"};
        break;
      case 4:
        if (attempt.number == 1) throw std::runtime_error("thrown");
        break;
      default:
        break;
    }
    return Result{frame.payload};
  };
  // One sink for both, so that the order between results and dead letters shows.
  harness.start();
  std::vector<std::string> expected_results;
  std::vector<std::string> expected_letters;
  for (int i = 0; i < 600; ++i) {
    harness.publish(std::to_string(i));
    if (i % 6 >= 3) expected_results.push_back(std::to_string(i));
    if (i % 6 == 1) expected_letters.emplace_back("!no");
    if (i % 6 == 2) expected_letters.emplace_back("!never");
  }
  EXPECT_EQ(texts_of(harness.results.wait_for(300)), expected_results);
  EXPECT_EQ(texts_of(harness.dead_letters.wait_for(200)), expected_letters);
  EXPECT_TRUE(harness.drain());
  EXPECT_EQ(calls, 600 + 300);  // of the six kinds, three take two calls
}

TEST(Order, NumbersAreDenseFromZero) {
  Harness harness;
  harness.config.framing.type = FramingType::lines;
  harness.start();
  harness.publish("a\nb\n");
  harness.publish("c\nd");
  harness.publish("\n");
  const auto outcomes = harness.results.wait_for(4);
  ASSERT_EQ(outcomes.size(), 4U);
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(outcomes[i]->frame->number, i);
  EXPECT_THAT(texts_of(outcomes), ElementsAre("a", "b", "c", "d"));
  EXPECT_TRUE(harness.drain());
}

TEST(Order, ManySmallEventsPassThrough) {
  Harness harness;
  harness.start();
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) harness.publish(std::to_string(i));
  EXPECT_EQ(texts_of(harness.results.wait_for(kCount, 60s)), numbers(kCount));
  EXPECT_TRUE(harness.drain());
}

}  // namespace
}  // namespace millrace::test
