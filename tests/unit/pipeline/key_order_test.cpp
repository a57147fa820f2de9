#include "pipeline/key_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class KeyOrderTest : public ::testing::Test {
 protected:
  // A frame of the key with the next number.
  std::uint64_t enter(const std::string& key) {
    auto frame = std::make_shared<Frame>();
    frame->number = frames_.size();
    frame->stream = key;
    order_.enter(*frame);
    frames_.push_back(std::move(frame));
    return frames_.back()->number;
  }

  // Numbers that go on because this one is done; `~number` for one that is left to the next start.
  std::vector<std::uint64_t> leave(std::uint64_t number, bool started = true) {
    Done done{number, nullptr};
    if (started) {
      done.outcome = std::make_shared<const Outcome>(Outcome{frames_[number], Result{}});
    }
    std::vector<std::uint64_t> numbers;
    for (const Done& next : order_.leave(done)) {
      numbers.push_back(next.outcome ? next.number : ~next.number);
    }
    return numbers;
  }

  KeyOrder order_{EventKey("topic")};
  std::vector<FramePtr> frames_;
};

TEST_F(KeyOrderTest, KeepsTheOrderOfOneKey) {
  for (int i = 0; i < 3; ++i) enter("a");
  EXPECT_THAT(leave(2), IsEmpty());
  EXPECT_THAT(leave(1), IsEmpty());
  EXPECT_THAT(leave(0), ElementsAre(0, 1, 2));
}

TEST_F(KeyOrderTest, LetsAnotherKeyOvertake) {
  enter("a");
  enter("b");
  enter("a");
  enter("b");
  EXPECT_THAT(leave(1), ElementsAre(1));
  EXPECT_THAT(leave(2), IsEmpty());
  EXPECT_THAT(leave(3), ElementsAre(3));
  EXPECT_THAT(leave(0), ElementsAre(0, 2));
}

TEST_F(KeyOrderTest, ForgetsAKeyOfWhichNothingIsInFlight) {
  for (int i = 0; i < 1000; ++i) leave(enter("key " + std::to_string(i)));
  EXPECT_EQ(order_.keys(), 0U);
  enter("a");
  leave(enter("b"));
  EXPECT_EQ(order_.keys(), 1U);
}

TEST_F(KeyOrderTest, NothingOfItsKeyOvertakesWhatIsLeftToTheNextStart) {
  enter("a");
  enter("b");
  enter("a");
  EXPECT_THAT(leave(2), IsEmpty());
  EXPECT_THAT(leave(0, false), ElementsAre(~0ULL, ~2ULL));
  EXPECT_THAT(leave(1), ElementsAre(1)) << "another key goes on";
}

// Any keys, any order of completion, against the definition.
TEST_F(KeyOrderTest, IsThatOfEveryKeyWhateverComesFirst) {
  std::mt19937 random(std::random_device{}());
  std::vector<std::uint64_t> in_flight;
  std::map<std::string, std::vector<std::uint64_t>> entered;
  std::map<std::string, std::vector<std::uint64_t>> left;
  for (int step = 0; step < 4000; ++step) {
    if (in_flight.size() < 40 && random() % 2 == 0 && step < 3000) {
      const auto key = std::to_string(random() % 7);
      in_flight.push_back(enter(key));
      entered[key].push_back(in_flight.back());
    } else if (!in_flight.empty()) {
      const auto pick =
          in_flight.begin() + static_cast<std::ptrdiff_t>(random() % in_flight.size());
      const auto number = *pick;
      in_flight.erase(pick);
      for (const auto next : leave(number)) left[frames_[next]->stream].push_back(next);
      const auto& key = frames_[number]->stream;
      const auto owed = std::find_first_of(entered[key].begin(), entered[key].end(),
                                           in_flight.begin(), in_flight.end());
      ASSERT_EQ(left[key], std::vector(entered[key].begin(), owed))
          << "all up to the first that is in flight, no more and no less";
    }
  }
  EXPECT_EQ(order_.keys(), 0U);
}

}  // namespace
}  // namespace millrace
