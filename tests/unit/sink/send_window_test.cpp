#include "sink/send_window.hpp"

#include <gmock/gmock.h>

#include <random>
#include <set>
#include <vector>

namespace millrace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

OutcomePtr outcome(std::uint64_t number) {
  auto frame = std::make_shared<Frame>();
  frame->number = number;
  return std::make_shared<const Outcome>(Outcome{std::move(frame), Result{}, 1});
}

class SendWindowTest : public testing::Test {
 protected:
  void add(std::uint64_t from, std::uint64_t end) {
    for (auto number = from; number < end; ++number) window.add(outcome(number));
  }

  // Everything that may be sent now. Numbers and sequences are the same here.
  std::vector<std::uint64_t> sent() {
    std::vector<std::uint64_t> numbers;
    while (const auto item = window.next(now)) numbers.push_back(item->outcome->frame->number);
    return numbers;
  }

  SendWindow window;
  SendWindow::Time now{};
};

TEST_F(SendWindowTest, SendsNothingWhileItIsClosed) {
  add(0, 3);
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(SendWindowTest, SendsInOrderUpToItsLimit) {
  window.open(2);
  add(0, 4);
  EXPECT_THAT(sent(), ElementsAre(0, 1));
  EXPECT_THAT(window.confirm(0), Optional(0));
  EXPECT_THAT(sent(), ElementsAre(2));
}

TEST_F(SendWindowTest, ConfirmsOnce) {
  window.open(2);
  add(0, 2);
  EXPECT_THAT(sent(), ElementsAre(0, 1));
  EXPECT_THAT(window.confirm(1), Optional(1));
  EXPECT_FALSE(window.confirm(1));
  EXPECT_THAT(window.confirm(0), Optional(0));
  EXPECT_FALSE(window.confirm(0));
  EXPECT_FALSE(window.confirm(7));
}

TEST_F(SendWindowTest, GoesBackToTheOldestAfterALoss) {
  window.open(4);
  add(0, 6);
  EXPECT_THAT(sent(), ElementsAre(0, 1, 2, 3));
  window.confirm(1);
  window.close();
  EXPECT_THAT(sent(), IsEmpty());
  window.open(4);
  EXPECT_THAT(sent(), ElementsAre(0, 2, 3, 4)) << "1 got there";
}

TEST_F(SendWindowTest, TakesAConfirmationThatComesAfterALoss) {
  window.open(2);
  add(0, 2);
  EXPECT_THAT(sent(), ElementsAre(0, 1));
  window.close();
  EXPECT_THAT(window.confirm(0), Optional(0));
  window.open(2);
  EXPECT_THAT(sent(), ElementsAre(1));
}

TEST_F(SendWindowTest, SendsNothingYoungerThanWhatIsHeld) {
  window.open(3);
  add(0, 6);
  EXPECT_THAT(sent(), ElementsAre(0, 1, 2));
  window.hold(1);
  window.confirm(0);
  window.confirm(2);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_TRUE(window.holding());
}

TEST_F(SendWindowTest, TriesTheOldestHeldOneAlone) {
  window.open(3);
  add(0, 6);
  EXPECT_THAT(sent(), ElementsAre(0, 1, 2));
  for (const auto sequence : {2, 0, 1}) window.hold(static_cast<SendWindow::Sequence>(sequence));
  window.probe();
  EXPECT_THAT(sent(), ElementsAre(0));
  window.hold(0);
  window.probe();
  EXPECT_THAT(sent(), ElementsAre(0));
  EXPECT_THAT(window.confirm(0), Optional(0));
  EXPECT_FALSE(window.holding());
  EXPECT_THAT(sent(), ElementsAre(1, 2, 3));
}

TEST_F(SendWindowTest, ForgetsWhatIsHeldWithTheConnection) {
  window.open(2);
  add(0, 4);
  EXPECT_THAT(sent(), ElementsAre(0, 1));
  window.hold(0);
  window.close();
  EXPECT_FALSE(window.holding());
  window.open(2);
  EXPECT_THAT(sent(), ElementsAre(0, 1));
}

TEST_F(SendWindowTest, SendsAnotherFormInTheSamePlace) {
  window.open(2);
  add(0, 4);
  EXPECT_THAT(sent(), ElementsAre(0, 1));
  auto item = *window.under_way(0);
  item.letter_limit = 100;
  window.replace(std::move(item));
  EXPECT_FALSE(window.under_way(0));
  const auto again = window.next(now);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->sequence, 0U);
  EXPECT_EQ(again->letter_limit, 100U);
}

TEST_F(SendWindowTest, KnowsSinceWhenTheOldestIsUnderWay) {
  window.open(2);
  add(0, 2);
  EXPECT_FALSE(window.oldest_sent());
  now += std::chrono::seconds(1);
  static_cast<void>(window.next(now));
  now += std::chrono::seconds(1);
  static_cast<void>(window.next(now));
  EXPECT_THAT(window.oldest_sent(), Optional(now - std::chrono::seconds(1)));
  window.confirm(0);
  EXPECT_THAT(window.oldest_sent(), Optional(now));
}

// Whatever happens: first occurrences in order while nothing is refused, nothing lost, nothing
// confirmed twice.
TEST_F(SendWindowTest, LosesNothingInAnyOrderOfEvents) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    std::minstd_rand random(seed);
    SendWindow any;
    std::set<std::uint64_t> under_way;
    std::set<std::uint64_t> confirmed;
    std::uint64_t next_first = 0;
    constexpr std::uint64_t kCount = 40;
    for (std::uint64_t number = 0; number < kCount; ++number) any.add(outcome(number));
    any.open(5);
    while (confirmed.size() < kCount) {
      const auto choice = random() % 20;
      if (choice == 0) {
        any.close();
        under_way.clear();
        any.open(1 + random() % 8);
      } else if (choice < 10) {
        if (const auto item = any.next({})) {
          EXPECT_LE(item->sequence, next_first);
          next_first = std::max(next_first, item->sequence + 1);
          EXPECT_TRUE(under_way.insert(item->sequence).second);
        }
      } else if (!under_way.empty()) {
        auto lucky = under_way.begin();
        std::advance(lucky, random() % under_way.size());
        const auto number = any.confirm(*lucky);
        ASSERT_TRUE(number);
        EXPECT_TRUE(confirmed.insert(*number).second);
        under_way.erase(lucky);
      }
    }
    EXPECT_FALSE(any.next({}));
  }
}

}  // namespace
}  // namespace millrace
