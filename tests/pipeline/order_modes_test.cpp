// The orders `key` and `none`: who waits for whom, and what a stop, a failure and a restart find.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <map>
#include <random>

#include "journal/durable_journal.hpp"
#include "pipeline/harness.hpp"
#include "support/temp_folder.hpp"

namespace millrace::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using Texts = std::vector<std::string>;

// Payloads are `<key>/<number>`, on the topic `events/<key>`.
std::string key_of(const std::string& text) {
  return text.substr(0, text.find('/'));
}

int number_of(const std::string& text) {
  return std::stoi(text.substr(text.find('/') + 1));
}

std::map<std::string, std::vector<int>> by_key(const Texts& texts) {
  std::map<std::string, std::vector<int>> numbers;
  for (const auto& text : texts) numbers[key_of(text)].push_back(number_of(text));
  return numbers;
}

std::vector<int> up_to(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) numbers[static_cast<std::size_t>(i)] = i;
  return numbers;
}

/// Work that for one event does not end before it is told to.
class Blocking {
 public:
  explicit Blocking(std::string text) : text_(std::move(text)) {}
  Verdict operator()(const Frame& frame) {
    if (frame.payload.view() == text_) gate_.wait();
    return Result{frame.payload};
  }
  void let_go() { gate_.count_down(); }

 private:
  const std::string text_;
  std::latch gate_{1};
};

class OrderModes : public ::testing::Test {
 protected:
  static void use(Harness& harness, Order order) {
    harness.config.processing.order = order;
    harness.config.processing.backoff = 2ms;
  }

  static void publish(Harness& harness, const std::string& text) {
    harness.publish(text, "events/" + key_of(text));
  }

  // The journal that every life of a case opens again.
  JournalPtr journal() const {
    JournalConfig config;
    config.path = (folder_.path() / "journal").string();
    config.max_bytes = 16U << 20U;
    return open_durable_journal(config, {});
  }

 private:
  const TempFolder folder_;
};

TEST_F(OrderModes, OneKeyDoesNotWaitForAnother) {
  Blocking work("a/0");
  Harness harness;
  use(harness, Order::key);
  harness.work = [&](const Frame& frame, const Attempt&) { return work(frame); };
  harness.start();
  for (const char* text : {"a/0", "a/1", "b/0", "a/2", "b/1"}) publish(harness, text);
  EXPECT_THAT(texts_of(harness.results.wait_for(2)), ElementsAre("b/0", "b/1"));
  work.let_go();
  EXPECT_THAT(by_key(texts_of(harness.results.wait_for(5)))["a"], ElementsAre(0, 1, 2));
  EXPECT_TRUE(harness.drain());
}

TEST_F(OrderModes, WithoutAnOrderNobodyWaits) {
  Blocking work("a/0");
  Harness harness;
  use(harness, Order::none);
  harness.work = [&](const Frame& frame, const Attempt&) { return work(frame); };
  harness.start();
  for (const char* text : {"a/0", "a/1", "b/0"}) publish(harness, text);
  EXPECT_THAT(texts_of(harness.results.wait_for(2)), UnorderedElementsAre("a/1", "b/0"));
  work.let_go();
  EXPECT_EQ(texts_of(harness.results.wait_for(3)).back(), "a/0");
  EXPECT_TRUE(harness.drain());
}

TEST_F(OrderModes, TheKeyCanBeInThePayload) {
  Blocking work(R"({"id": 1, "n": 1})");
  Harness harness;
  use(harness, Order::key);
  harness.config.processing.key = "pointer:/id";
  harness.work = [&](const Frame& frame, const Attempt&) { return work(frame); };
  harness.start();
  for (const char* text :
       {R"({"id": 1, "n": 1})", R"({"id": 1, "n": 2})", R"({"id": 2, "n": 3})"}) {
    harness.publish(text);
  }
  EXPECT_THAT(texts_of(harness.results.wait_for(1)), ElementsAre(R"({"id": 2, "n": 3})"));
  work.let_go();
  EXPECT_THAT(texts_of(harness.results.wait_for(3)),
              ElementsAre(R"({"id": 2, "n": 3})", R"({"id": 1, "n": 1})", R"({"id": 1, "n": 2})"));
  EXPECT_TRUE(harness.drain());
}

// The stuck one is the first of the span, all others in it are done: nothing behind it is begun.
TEST_F(OrderModes, AStuckEventLetsNoMoreThanTheSpanPass) {
  for (const Order order : {Order::key, Order::none}) {
    Blocking work("a/0");
    Harness harness;
    use(harness, order);
    harness.config.limits.in_flight = 4;
    harness.work = [&](const Frame& frame, const Attempt&) { return work(frame); };
    harness.start();
    publish(harness, "a/0");
    for (int i = 0; i < 500; ++i) publish(harness, "b/" + std::to_string(i));
    EXPECT_THAT(harness.results.wait_for(63), SizeIs(63));
    work.let_go();
    const auto texts = texts_of(harness.results.wait_for(501));
    ASSERT_THAT(texts, SizeIs(501));
    EXPECT_EQ(texts[63], "a/0") << "sixteen times limits.in_flight are 64";
    EXPECT_TRUE(harness.drain());
  }
}

TEST_F(OrderModes, AStopLeavesWhatIsNotStartedAndItsKeyWaitsForIt) {
  Texts first;
  {
    Harness harness;
    use(harness, Order::key);
    harness.config.processing.attempts = 0;
    harness.work = [](const Frame& frame, const Attempt&) -> Verdict {
      if (frame.payload.view() == "a/0") return Failed{"not today"};
      return Result{frame.payload};
    };
    harness.start(journal());
    for (const char* text : {"a/0", "b/0", "a/1", "b/1", "a/2"}) publish(harness, text);
    EXPECT_THAT(texts_of(harness.results.wait_for(2)), ElementsAre("b/0", "b/1"));
    EXPECT_TRUE(harness.drain());
    first = texts_of(harness.results.outcomes());
  }
  EXPECT_THAT(first, ElementsAre("b/0", "b/1"));
  Harness again;
  use(again, Order::key);
  again.start(journal());
  EXPECT_THAT(texts_of(again.results.wait_for(3)), ElementsAre("a/0", "a/1", "a/2"));
  EXPECT_TRUE(again.drain());
  EXPECT_THAT(again.results.outcomes(), SizeIs(3)) << "what was done is not sent again";
}

TEST_F(OrderModes, StopOnFailureLetsNothingOfItsKeyPassAndBeginsWithItNextTime) {
  for (const Order order : {Order::key, Order::none}) {
    const TempFolder folder;
    JournalConfig config;
    config.path = (folder.path() / "journal").string();
    Texts first;
    {
      Harness harness;
      use(harness, order);
      harness.config.processing.on_failure = OnFailure::stop;
      harness.config.processing.workers = 1;
      harness.work = [](const Frame& frame, const Attempt&) -> Verdict {
        if (frame.payload.view() == "a/1") return Rejected{"no"};
        return Result{frame.payload};
      };
      harness.start(open_durable_journal(config, {}));
      for (const char* text : {"a/0", "b/0", "a/1", "a/2"}) publish(harness, text);
      EXPECT_THAT(harness.wait_for_stop(), SizeIs(1));
      EXPECT_TRUE(harness.drain());
      first = texts_of(harness.results.outcomes());
      EXPECT_THAT(harness.dead_letters.outcomes(), IsEmpty());
    }
    EXPECT_THAT(first, ElementsAre("a/0", "b/0"));
    Harness again;
    use(again, order);
    again.config.processing.workers = 1;
    again.start(open_durable_journal(config, {}));
    EXPECT_THAT(texts_of(again.results.wait_for(2)), ElementsAre("a/1", "a/2"));
    EXPECT_TRUE(again.drain());
  }
}

TEST_F(OrderModes, AJournalOfOneOrderIsFinishedInAnother) {
  {
    Harness harness;
    use(harness, Order::none);
    harness.config.processing.attempts = 0;
    harness.work = [](const Frame& frame, const Attempt&) -> Verdict {
      if (number_of(std::string(frame.payload.view())) == 0) return Failed{"not today"};
      return Result{frame.payload};
    };
    harness.start(journal());
    for (int i = 0; i < 20; ++i) publish(harness, "a/" + std::to_string(i));
    EXPECT_THAT(harness.results.wait_for(19), SizeIs(19));
    EXPECT_TRUE(harness.drain());
  }
  Harness again;
  use(again, Order::global);
  again.start(journal());
  for (int i = 20; i < 30; ++i) publish(again, "a/" + std::to_string(i));
  std::vector<int> expected{0};
  for (int i = 20; i < 30; ++i) expected.push_back(i);
  EXPECT_EQ(by_key(texts_of(again.results.wait_for(11)))["a"], expected);
  EXPECT_TRUE(again.drain());
}

// Random keys, delays, retries and fates, over several lives of one journal that end by a stop.
class OrderModesAtRandom : public OrderModes {
 protected:
  static constexpr int kKeys = 9;

  // What becomes of an event follows from its text, but for what the first attempts do.
  static Verdict work(const Frame& frame, const Attempt& attempt, std::mt19937::result_type seed) {
    const std::string text(frame.payload.view());
    std::mt19937 random(seed + attempt.number + std::hash<std::string>{}(text));
    wait(attempt, std::chrono::microseconds(random() % 10 == 0 ? random() % 8000 : random() % 500));
    const int number = number_of(text);
    if (number % 11 == 3) return Rejected{text};
    if (number % 13 == 5) return Filtered{};
    if (random() % 8 == 0 && attempt.number < 4) return Failed{"once more"};
    return Result{frame.payload};
  }

  static void wait(const Attempt& attempt, std::chrono::microseconds time) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, attempt.stop, time, [] { return false; });
  }

  // Its results; the dead letters, whose causes are the events' texts, are kept.
  Texts emitted(const Harness& harness) {
    for (const auto& text : texts_of(harness.dead_letters.outcomes())) {
      letters_[key_of(text.substr(1))].push_back(number_of(text));
    }
    return texts_of(harness.results.outcomes());
  }

  // One life.
  Texts live(Order order, std::mt19937& random, std::map<std::string, int>& published, int count) {
    Harness harness;
    use(harness, order);
    harness.config.processing.attempts = 6;
    harness.config.limits.in_flight = 16;
    const auto seed = random();
    harness.work = [seed](const Frame& frame, const Attempt& attempt) {
      return work(frame, attempt, seed);
    };
    harness.start(journal());
    for (int i = 0; i < count; ++i) {
      const auto key = "k" + std::to_string(random() % kKeys);
      publish(harness, key + "/" + std::to_string(published[key]++));
    }
    static_cast<void>(harness.results.wait_for(random() % static_cast<unsigned>(count / 2), 20s));
    EXPECT_TRUE(harness.drain());
    return emitted(harness);
  }

  // Until nothing is left.
  Texts finish(Order order) {
    Harness harness;
    use(harness, order);
    harness.config.processing.attempts = 6;
    harness.work = [](const Frame& frame, const Attempt& attempt) {
      return work(frame, attempt, 1);
    };
    harness.start(journal());
    EXPECT_TRUE(harness.pipeline->finish(std::chrono::steady_clock::now() + 20s));
    EXPECT_TRUE(harness.drain());
    return emitted(harness);
  }

  static std::vector<int> expected(int count, bool letters) {
    auto numbers = up_to(count);
    std::erase_if(numbers, [&](int number) {
      return letters ? number % 11 != 3 : number % 11 == 3 || number % 13 == 5;
    });
    return numbers;
  }

  void live_and_check(Order order) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::map<std::string, int> published;
    Texts all;
    for (int life = 0; life < 6; ++life) {
      const auto some = live(order, random, published, 300);
      all.insert(all.end(), some.begin(), some.end());
    }
    const auto rest = finish(order);
    all.insert(all.end(), rest.begin(), rest.end());
    auto results = by_key(all);
    for (const auto& [key, count] : published) {
      if (order == Order::none) {
        std::sort(results[key].begin(), results[key].end());
        std::sort(letters_[key].begin(), letters_[key].end());
      }
      EXPECT_EQ(results[key], expected(count, false)) << key;
      EXPECT_EQ(letters_[key], expected(count, true)) << key;
    }
  }

 private:
  std::map<std::string, std::vector<int>> letters_;
};

TEST_F(OrderModesAtRandom, EveryKeyKeepsItsOrderAndNothingIsLostOrSentTwice) {
  live_and_check(Order::key);
}

TEST_F(OrderModesAtRandom, WithoutAnOrderNothingIsLostOrSentTwice) {
  live_and_check(Order::none);
}

}  // namespace
}  // namespace millrace::test
