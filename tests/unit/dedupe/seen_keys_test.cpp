#include "dedupe/seen_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <random>

namespace millrace {
namespace {

SeenKey key(std::uint64_t name, Offset offset = 0) {
  SeenKey made;
  std::memcpy(made.digest.data(), &name, sizeof(name));
  made.offset = offset;
  return made;
}

TEST(SeenKeys, RememberTheNewest) {
  SeenKeys keys(3);
  for (std::uint64_t name = 1; name <= 5; ++name) keys.add(key(name, name));
  EXPECT_EQ(keys.find(key(1).digest), nullptr);
  EXPECT_EQ(keys.find(key(2).digest), nullptr);
  for (std::uint64_t name = 3; name <= 5; ++name) {
    ASSERT_NE(keys.find(key(name).digest), nullptr);
    EXPECT_EQ(keys.find(key(name).digest)->offset, name);
  }
}

TEST(SeenKeys, TakeTheLastOfTwoOfOneName) {
  SeenKeys keys(3);
  keys.add(key(1, 10));
  keys.add(key(2, 11));
  keys.add(key(1, 12));
  keys.add(key(3, 13));
  ASSERT_NE(keys.find(key(1).digest), nullptr) << "the first of them has gone, not the second";
  EXPECT_EQ(keys.find(key(1).digest)->offset, 12U);
}

TEST(SeenKeys, HoldEvenOne) {
  SeenKeys keys(1);
  keys.add(key(1));
  keys.add(key(2));
  EXPECT_EQ(keys.find(key(1).digest), nullptr);
  EXPECT_NE(keys.find(key(2).digest), nullptr);
}

TEST(SeenKeys, DoWhatAListWouldDo) {
  std::mt19937 random(std::random_device{}());
  for (const std::size_t capacity : {1U, 2U, 7U, 64U, 100U}) {
    SeenKeys keys(capacity);
    std::deque<SeenKey> model;
    for (Offset offset = 0; offset < 5000; ++offset) {
      const auto next = key(random() % (capacity * 3), offset);
      keys.add(next);
      model.push_back(next);
      if (model.size() > capacity) model.pop_front();
      const auto asked = key(random() % (capacity * 3));
      const auto found = std::find_if(model.rbegin(), model.rend(), [&](const SeenKey& each) {
        return each.digest == asked.digest;
      });
      const auto* answer = keys.find(asked.digest);
      ASSERT_EQ(answer != nullptr, found != model.rend());
      if (answer != nullptr) {
        ASSERT_EQ(*answer, *found);
      }
    }
    std::vector<Offset> visited;
    keys.each([&](const SeenKey& each) { visited.push_back(each.offset); });
    EXPECT_TRUE(std::is_sorted(visited.begin(), visited.end()));
    EXPECT_LE(visited.size(), capacity);
    EXPECT_EQ(visited.back(), 4999U);
  }
}

}  // namespace
}  // namespace millrace
