#include "sink/fan_out_queue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace millrace::test {
namespace {

WsMessage bytes(std::size_t count) {
  return {Payload(std::string(count, 'x')), true};
}

TEST(TheFanOutQueue, KeepsPositionsWhileItsBeginningGoes) {
  FanOutQueue queue(10, 1000);
  for (std::size_t i = 1; i <= 3; ++i) queue.push(bytes(i));
  EXPECT_EQ(queue.end(), 3U);
  queue.drop_before(2);
  EXPECT_EQ(queue.first(), 2U);
  EXPECT_EQ(queue.end(), 3U);
  EXPECT_EQ(queue.at(2)->bytes.size(), 3U);
  EXPECT_EQ(queue.at(3), nullptr);
}

TEST(TheFanOutQueue, IsFullByMessages) {
  FanOutQueue queue(2, 1000);
  queue.push(bytes(1));
  EXPECT_FALSE(queue.full_for(1));
  queue.push(bytes(1));
  EXPECT_TRUE(queue.full_for(0));
  queue.drop_before(1);
  EXPECT_FALSE(queue.full_for(1));
}

TEST(TheFanOutQueue, IsFullByBytes) {
  FanOutQueue queue(100, 10);
  queue.push(bytes(6));
  EXPECT_FALSE(queue.full_for(4));
  EXPECT_TRUE(queue.full_for(5));
  queue.drop_before(1);
  EXPECT_FALSE(queue.full_for(10));
}

TEST(TheFanOutQueue, AdmitsOneMessageHoweverLargeItIs) {
  FanOutQueue queue(100, 10);
  EXPECT_FALSE(queue.full_for(11));
  queue.push(bytes(11));
  EXPECT_TRUE(queue.full_for(0));
}

TEST(TheFanOutQueue, SharesTheBytesOfWhatIsPushed) {
  FanOutQueue queue(10, 1000);
  const Payload payload(std::string("result"));
  queue.push({payload, true});
  EXPECT_EQ(queue.at(0)->bytes.view().data(), payload.view().data());
}

}  // namespace
}  // namespace millrace::test
