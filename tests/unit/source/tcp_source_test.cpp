#include "source/tcp_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <system_error>
#include <thread>

#include "unit/source/tcp_server.hpp"

namespace millrace {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

const std::error_code kNoRoom = std::make_error_code(std::errc::no_buffer_space);

class TcpSourceTest : public testing::Test {
 protected:
  // Nothing comes for a while.
  static bool nothing_more_comes(const RecordingIntake& intake) {
    const auto before = intake.bytes().size();
    std::mutex mutex;
    std::condition_variable nobody_notifies;
    std::unique_lock lock(mutex);
    nobody_notifies.wait_for(lock, 100ms);
    return intake.bytes().size() == before;
  }

  static std::string numbers(std::size_t bytes) {
    std::string text;
    for (int i = 0; text.size() < bytes; ++i) text += std::to_string(i) + "\n";
    return text;
  }
};

TEST_F(TcpSourceTest, HandsInEachConnectionAsAStreamOfItsOwn) {
  TcpServer server;
  const auto one = server.client();
  one->send("first ");
  ASSERT_TRUE(server.intake.wait_for_bytes(6));
  const auto two = server.client();
  two->send("second");
  ASSERT_TRUE(server.intake.wait_for_bytes(12));
  one->send("again");
  ASSERT_TRUE(server.intake.wait_for_bytes(17));
  EXPECT_EQ(server.bytes_of(1), "first again");
  EXPECT_EQ(server.bytes_of(2), "second");
}

TEST_F(TcpSourceTest, NamesConnectionsSoThatNoOtherStartUsesTheNameAgain) {
  TcpServer server;
  TcpServer another;
  const auto one = server.client();
  one->send("x");
  const auto other = another.client();
  other->send("x");
  ASSERT_TRUE(server.intake.wait_for_bytes(1));
  ASSERT_TRUE(another.intake.wait_for_bytes(1));
  const auto name = server.stream_of(1);
  EXPECT_THAT(name, MatchesRegex("tcp/127\\.0\\.0\\.1/[0-9]+/[0-9a-f]{8}-1"));
  EXPECT_NE(name.substr(name.rfind('/')),
            another.stream_of(1).substr(another.stream_of(1).rfind('/')));
}

TEST_F(TcpSourceTest, CutsTheStreamOfAConnectionThatItsClientCloses) {
  TcpServer server;
  auto client = server.client();
  client->send("last");
  client->finish();
  ASSERT_TRUE(server.intake.wait_for_cuts(1));
  EXPECT_EQ(server.intake.bytes(), "last") << "before the cut";
  EXPECT_EQ(server.intake.cuts()[0].stream, server.stream_of(1));
  EXPECT_EQ(server.intake.cuts()[0].cause, CutCause::closed);
  EXPECT_TRUE(client->closed_within(10s));
}

TEST_F(TcpSourceTest, CutsNothingWhereNothingCame) {
  TcpServer server;
  {
    const auto probe = server.client();
  }
  const auto client = server.client();
  client->send("x");
  client->finish();
  ASSERT_TRUE(server.intake.wait_for_cuts(1));
  EXPECT_EQ(server.intake.cuts()[0].stream, server.stream_of(2));
}

TEST_F(TcpSourceTest, HandsInMegabytesWithoutLosingAByte) {
  TcpServer server;
  const auto client = server.client();
  const auto sent = numbers(8U << 20U);
  client->send(sent);
  ASSERT_TRUE(server.intake.wait_for_bytes(sent.size()));
  EXPECT_TRUE(server.intake.bytes() == sent);
  for (const auto& chunk : server.intake.chunks()) {
    ASSERT_LE(chunk.bytes.size(), 65536U);
    ASSERT_LT(chunk.bytes.share()->capacity(), 2 * chunk.bytes.size() + 64) << "pins no more";
  }
}

TEST_F(TcpSourceTest, ReadsNothingWhilePausedAndAllOfItAfterwards) {
  TcpServer server;
  const auto client = server.client();
  client->send("before");
  ASSERT_TRUE(server.intake.wait_for_bytes(6));
  server.source->pause();
  EXPECT_FALSE(server.intake.connection().ok);
  EXPECT_TRUE(server.intake.connection().expected);
  const auto sent = numbers(32U << 20U);  // more than the kernel's buffers hold
  std::thread sender([&] { client->send(sent); });
  const auto late = server.client();  // is accepted all the same
  late->send("late");
  EXPECT_TRUE(nothing_more_comes(server.intake));
  server.source->resume();
  EXPECT_TRUE(server.intake.wait_for_bytes(6 + sent.size() + 4));
  sender.join();
  EXPECT_TRUE(server.intake.connection().ok);
  EXPECT_TRUE(server.bytes_of(1) == "before" + sent);
  EXPECT_EQ(server.bytes_of(2), "late");
}

TEST_F(TcpSourceTest, KeepsWhatThereIsNoRoomForUntilItIsResumed) {
  TcpServer server;
  const auto client = server.client();
  server.intake.answer_with(kNoRoom);
  client->send("refused");
  ASSERT_TRUE(server.intake.wait_for_offers(1));
  client->send(" at first");
  EXPECT_TRUE(nothing_more_comes(server.intake));
  EXPECT_EQ(server.intake.offered(), 1U) << "does not read on while it holds something";
  server.intake.answer_with({});
  server.source->pause();
  server.source->resume();
  ASSERT_TRUE(server.intake.wait_for_bytes(16));
  EXPECT_EQ(server.intake.bytes(), "refused at first");
}

TEST_F(TcpSourceTest, HandsInWhatItHeldAlsoWhenItStops) {
  TcpServer server;
  const auto client = server.client();
  client->send("known ");
  ASSERT_TRUE(server.intake.wait_for_bytes(6));
  server.intake.answer_with(kNoRoom);
  client->send("held");
  ASSERT_TRUE(server.intake.wait_for_offers(2));
  server.intake.answer_with({});
  server.source->stop();
  EXPECT_EQ(server.intake.bytes(), "known held");
  EXPECT_EQ(server.intake.cuts().size(), 1U);
}

TEST_F(TcpSourceTest, ClosesTheConnectionOfAStreamThatCannotBeReadFurther) {
  TcpServer server;
  const auto bad = server.client();
  bad->send("garbage");
  ASSERT_TRUE(server.intake.wait_for_bytes(7));
  const auto good = server.client();
  good->send("fine");
  ASSERT_TRUE(server.intake.wait_for_bytes(11));
  server.source->close_stream("tcp/nobody");
  server.source->close_stream(server.stream_of(1));
  EXPECT_TRUE(bad->closed_within(10s));
  ASSERT_TRUE(server.intake.wait_for_cuts(1));
  EXPECT_EQ(server.intake.cuts()[0].stream, server.stream_of(1));
  EXPECT_THAT(server.book.wait_for("cannot be framed"), HasSubstr("-1: closed"));
  good->send(" still");
  EXPECT_TRUE(server.intake.wait_for_bytes(17));
}

TEST_F(TcpSourceTest, ClosesOneMoreThanTheLimitAtOnceAndTakesTheNextWhenThereIsRoom) {
  Config config;
  config.limits.connections = 2;
  TcpServer server(config);
  auto one = server.client();
  one->send("1");
  const auto two = server.client();
  two->send("2");
  ASSERT_TRUE(server.intake.wait_for_bytes(2));
  EXPECT_TRUE(server.client()->closed_within(10s));
  EXPECT_THAT(server.book.wait_for("refused"), HasSubstr("limits.connections = 2"));
  one.reset();
  ASSERT_TRUE(server.intake.wait_for_cuts(1));
  ASSERT_NE(server.book.wait_for("closed by its client"), "");
  const auto three = server.client();
  three->send("3");
  EXPECT_TRUE(server.intake.wait_for_bytes(3));
}

TEST_F(TcpSourceTest, ClosesAConnectionOnWhichNothingComes) {
  Config config;
  config.source.idle_timeout = 300ms;
  TcpServer server(config);
  const auto client = server.client();
  client->send("partial");
  EXPECT_TRUE(client->closed_within(10s));
  ASSERT_TRUE(server.intake.wait_for_cuts(1));
  EXPECT_THAT(server.book.wait_for("source.idle_timeout"), HasSubstr("300ms"));
}

TEST_F(TcpSourceTest, CountsNoTimeAsIdleInWhichItDidNotRead) {
  Config config;
  config.source.idle_timeout = 400ms;
  TcpServer server(config);
  const auto client = server.client();
  client->send("partial");
  ASSERT_TRUE(server.intake.wait_for_bytes(7));
  server.source->pause();
  EXPECT_FALSE(client->closed_within(1s));
  server.source->resume();
  client->send("more");
  EXPECT_TRUE(server.intake.wait_for_bytes(11));
  EXPECT_EQ(server.intake.cuts().size(), 0U);
}

TEST_F(TcpSourceTest, EndsEveryConnectionWithoutAResetWhenItStops) {
  TcpServer server;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(server.client());
    clients.back()->send("x");
  }
  ASSERT_TRUE(server.intake.wait_for_bytes(10));
  server.source->pause();
  for (const auto& client : clients) client->send("too late");
  server.source->stop();
  EXPECT_EQ(server.intake.cuts().size(), 10U);
  for (const auto& client : clients) {
    EXPECT_EQ(client->rest(), "");
    EXPECT_FALSE(client->was_reset());
  }
  EXPECT_EQ(server.intake.bytes().size(), 10U);
}

TEST_F(TcpSourceTest, SaysThatItsPortIsTakenAndTriesAgainUntilItIsFree) {
  auto occupier = std::make_unique<TcpServer>();
  const auto port = occupier->port();
  Config config;
  config.source.reconnect = {10ms, 50ms};
  TcpServer server(config, port);
  ASSERT_TRUE(server.intake.wait_for_state(
      [](const auto& state) { return state.reason.find("next try in") != std::string::npos; }));
  const auto state = server.intake.connection();
  EXPECT_FALSE(state.ok);
  EXPECT_FALSE(state.expected);
  EXPECT_THAT(state.reason, HasSubstr("cannot listen at 127.0.0.1:" + std::to_string(port) +
                                      ": Address already in use"));
  occupier->source->stop();
  occupier.reset();
  EXPECT_TRUE(server.intake.wait_for_state([](const auto& now) { return now.ok; }));
  EXPECT_EQ(server.port(), port);
}

TEST_F(TcpSourceTest, LeavesNoDescriptorBehind) {
  const auto before = open_descriptors();
  {
    TcpServer server;
    for (int i = 0; i < 50; ++i) server.client()->send("x");
    ASSERT_TRUE(server.intake.wait_for_cuts(50));
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace millrace
