#include "net/mqtt_socket.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

namespace millrace {
namespace {

// A TCP connection over 127.0.0.1, both ends.
class Pair {
 public:
  explicit Pair(int listener) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    ours = ::socket(AF_INET, SOCK_STREAM, 0);
    ::connect(ours, reinterpret_cast<sockaddr*>(&address), size);
    theirs = ::accept(listener, nullptr, nullptr);
  }
  ~Pair() {
    ::close(ours);
    ::close(theirs);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int ours = -1;
  int theirs = -1;
};

class MqttSocketTest : public testing::Test {
 protected:
  MqttSocketTest() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    ::bind(listener, generic, size);
    ::listen(listener, 4);
    ::getsockname(listener, generic, &size);
    port = ntohs(address.sin_port);
  }
  ~MqttSocketTest() override { ::close(listener); }

  // What arrives there until the stream ends or is reset.
  static std::string read_all(int descriptor) {
    std::string all;
    std::array<char, 256> bytes;
    ssize_t count = 0;
    while ((count = ::recv(descriptor, bytes.data(), bytes.size(), 0)) > 0) {
      all.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return count == 0 ? all : all + "(reset)";
  }

  int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port = 0;
};

TEST_F(MqttSocketTest, KeepsTheConnectionOpenWhenTheOriginalIsClosed) {
  Pair pair(listener);
  MqttSocket socket(pair.ours);
  ASSERT_TRUE(socket.held());
  ::send(pair.ours, "puback", 6, 0);
  ::send(pair.theirs, "unread", 6, 0);
  ::close(std::exchange(pair.ours, -1));
  std::thread server([&] {
    EXPECT_EQ(read_all(pair.theirs), "puback") << "a reset has destroyed it";
    ::close(std::exchange(pair.theirs, -1));
  });
  socket.finish();
  server.join();
  EXPECT_FALSE(socket.held());
}

TEST_F(MqttSocketTest, WaitsForAServerThatIsBusy) {
  Pair pair(listener);
  MqttSocket socket(pair.ours);
  ::send(pair.ours, "puback", 6, 0);
  ::close(std::exchange(pair.ours, -1));
  std::thread server([&] {
    ::poll(nullptr, 0, 600);  // is busy with something else
    ::send(pair.theirs, "unread", 6, MSG_NOSIGNAL);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(pair.theirs, SOL_SOCKET, SO_ERROR, &error, &size);
    EXPECT_EQ(error, 0) << "a reset: brokers read nothing more after it";
    EXPECT_EQ(read_all(pair.theirs), "puback");
    ::close(std::exchange(pair.theirs, -1));
  });
  socket.finish();
  server.join();
}

TEST_F(MqttSocketTest, DoesNotWaitForASilentServerForLong) {
  const Pair pair(listener);
  MqttSocket socket(pair.ours);
  const auto start = std::chrono::steady_clock::now();
  socket.finish();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
}

TEST_F(MqttSocketTest, LetsSmallPacketsLeaveAtOnce) {
  const Pair pair(listener);
  const MqttSocket socket(pair.ours);
  int on = 0;
  socklen_t size = sizeof on;
  ::getsockopt(pair.ours, IPPROTO_TCP, TCP_NODELAY, &on, &size);
  EXPECT_NE(on, 0);
}

TEST_F(MqttSocketTest, StopsWhatTheOriginalSends) {
  const Pair pair(listener);
  const MqttSocket socket(pair.ours);
  socket.shut_sending();
  EXPECT_EQ(::send(pair.ours, "puback", 6, MSG_NOSIGNAL), -1);
  EXPECT_EQ(read_all(pair.theirs), "");
}

TEST_F(MqttSocketTest, IsFoundByThePortWhereThereIsOnlyOne) {
  EXPECT_EQ(find_only_socket(port), -1);
  const Pair first(listener);
  EXPECT_EQ(find_only_socket(port), first.ours);
  const MqttSocket duplicate(first.ours);
  EXPECT_NE(find_only_socket(port), -1) << "a duplicate is no other connection";
  const Pair second(listener);
  EXPECT_EQ(find_only_socket(port), -1);
}

TEST_F(MqttSocketTest, StopsAllThatGoesToAPort) {
  const Pair first(listener);
  const Pair second(listener);
  shut_sending_to(port);
  EXPECT_EQ(::send(first.ours, "x", 1, MSG_NOSIGNAL), -1);
  EXPECT_EQ(::send(second.ours, "x", 1, MSG_NOSIGNAL), -1);
}

}  // namespace
}  // namespace millrace
