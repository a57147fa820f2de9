#include "pipeline/credits.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

namespace millrace {
namespace {

class CreditsTest : public ::testing::Test {
 protected:
  Credit take(Credits& credits) {
    EXPECT_TRUE(credits.take());
    return credits.adopt();
  }
  int returns_ = 0;
  std::uint64_t bytes_ = 0;
  Credits credits_{2, 100, [this](std::uint64_t bytes) {
                     ++returns_;
                     bytes_ += bytes;
                   }};
};

TEST_F(CreditsTest, AreAsManyAsConfigured) {
  const auto first = take(credits_);
  const auto second = take(credits_);
  EXPECT_FALSE(credits_.available());
  EXPECT_FALSE(credits_.take());
}

TEST_F(CreditsTest, ComeBackHoweverTheyEnd) {
  {
    auto credit = take(credits_);
    Credit moved = std::move(credit);
    Credit assigned;
    assigned = std::move(moved);
    EXPECT_EQ(returns_, 0);
  }
  EXPECT_EQ(returns_, 1);
  auto first = take(credits_);
  auto second = take(credits_);
  first = std::move(second);  // what it held goes back
  EXPECT_EQ(returns_, 2);
}

TEST_F(CreditsTest, ShareABudgetOfBytes) {
  auto first = take(credits_);
  auto second = take(credits_);
  EXPECT_TRUE(credits_.charge(first, 60));
  EXPECT_FALSE(credits_.charge(second, 60));
  EXPECT_TRUE(credits_.charge(second, 30));
}

TEST_F(CreditsTest, AdmitOneFrameOfAnySizeWhenNothingElseIsThere) {
  auto first = take(credits_);
  auto second = take(credits_);
  EXPECT_TRUE(credits_.charge(first, 1'000'000));
  EXPECT_FALSE(credits_.available());
  EXPECT_FALSE(credits_.charge(second, 0)) << "an empty frame is a frame";
  first = Credit();
  EXPECT_GT(bytes_, 0U) << "who waits for bytes hears that some are free";
  EXPECT_TRUE(credits_.charge(second, 0));
}

TEST(Credits, NeverExceedTheirNumberUnderContention) {
  std::atomic<int> held = 0;
  std::atomic<bool> exceeded = false;
  Credits credits(3, 1000, [](std::uint64_t) {});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10'000; ++round) {
        if (!credits.take()) continue;
        const auto credit = credits.adopt();
        if (held.fetch_add(1) >= 3) exceeded = true;
        held.fetch_sub(1);
      }
    });
  }
  threads.clear();
  EXPECT_FALSE(exceeded);
  EXPECT_TRUE(credits.available());
}

}  // namespace
}  // namespace millrace
