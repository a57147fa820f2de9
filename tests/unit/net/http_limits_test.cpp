// What clients that misbehave can cost: time, connections, descriptors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "net/http_server.hpp"
#include "net/http_upgrade.hpp"
#include "unit/net/raw_client.hpp"

namespace millrace {
namespace {

using namespace std::chrono_literals;
using testing::StartsWith;

constexpr std::chrono::milliseconds kLong{10000};

class HttpLimitsTest : public testing::Test {
 protected:
  void serve(std::chrono::milliseconds timeout, std::size_t connections) {
    HttpServerOptions options;
    options.listen = {"127.0.0.1", 0};
    options.timeout = timeout;
    options.connections = connections;
    HttpRoutes routes;
    routes["/livez"].get = [] { return HttpResponse{}; };
    routes["/large"].get = [] {
      return HttpResponse{200, "text/plain", std::string(64 << 20, 'x')};
    };
    routes["/ws"].upgrade = [](HttpUpgrade upgrade) {
      const auto target = upgrade.request.target();
      boost::asio::write(upgrade.socket,
                         boost::asio::buffer("taken over " + std::string(target) + " " +
                                             std::to_string(upgrade.unread.size())));
    };
    server_ = std::make_unique<HttpServer>(std::move(options), std::move(routes));
  }

  std::uint16_t port() const { return server_->address().port; }

  std::string status() {
    RawClient client(port());
    client.send("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.response().substr(9, 3);
  }

  // Asks until the answer is 200.
  bool answers_within(std::chrono::milliseconds time) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (status() != "200") {
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpLimitsTest, ClosesAConnectionThatSendsNothingInTime) {
  serve(50ms, 64);
  RawClient client(port());
  EXPECT_TRUE(client.closed_within(kLong));
}

TEST_F(HttpLimitsTest, GivesNoMoreTimeToAHeaderThatDrips) {
  serve(200ms, 64);
  RawClient client(port());
  client.send("GET /livez HTTP/1.1\r\n");
  const auto start = std::chrono::steady_clock::now();
  while (!client.closed_within(20ms)) {
    client.send("X: y\r\n");
    ASSERT_LT(std::chrono::steady_clock::now() - start, kLong) << "every byte has bought time";
  }
  EXPECT_GE(std::chrono::steady_clock::now() - start, 150ms);
}

TEST_F(HttpLimitsTest, TurnsAwayWhoComesWhenAllAreBusyUntilOneThatReadsNothingIsClosed) {
  serve(300ms, 1);
  RawClient deaf(port());
  deaf.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(deaf.header(), StartsWith("HTTP/1.1 200")) << "under way";
  EXPECT_EQ(status(), "503");
  EXPECT_TRUE(answers_within(kLong));
  EXPECT_LT(deaf.rest().size(), std::size_t{64} << 20U);
}

TEST_F(HttpLimitsTest, ClosesTheConnectionThatIsIdleForLongestWhenThereAreTooMany) {
  serve(kLong, 2);
  RawClient first(port());
  RawClient second(port());
  for (RawClient* each : {&second, &first}) {
    each->send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(each->response(), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_EQ(status(), "200");
  EXPECT_TRUE(second.closed_within(kLong));
  first.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(first.response(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpLimitsTest, KeepsNoDescriptorOfAThousandConnections) {
  serve(kLong, 64);
  EXPECT_EQ(status(), "200");
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 1000; ++i) {
    RawClient client(port());
    switch (i % 4) {
      case 0:
        client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200"));
        break;
      case 1:
        client.send("nonsense\r\n\r\n");
        break;
      case 2:
        client.send("GET /li");
        break;
      default:
        break;
    }
  }
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  while (open_descriptors() > before) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << open_descriptors() - before;
    EXPECT_EQ(status(), "200");
  }
}

TEST_F(HttpLimitsTest, OutlivesWhateverBytesItIsSent) {
  serve(kLong, 64);
  std::mt19937 random(8192);
  const std::string request = "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  for (int i = 0; i < 500; ++i) {
    std::string bytes = request;
    for (int changes = 1 + i % 7; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    RawClient client(port());
    client.send(bytes.substr(0, random() % bytes.size() + 1));
    client.finish();
    static_cast<void>(client.rest());
  }
  EXPECT_TRUE(answers_within(kLong));
}

TEST_F(HttpLimitsTest, HandsAConnectionOverThatAsksForAnotherProtocol) {
  serve(kLong, 64);
  RawClient client(port());
  client.send(
      "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\nmore");
  EXPECT_EQ(client.rest(), "taken over /ws 4");
  RawClient plain(port());
  plain.send("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(plain.response(), StartsWith("HTTP/1.1 426"));
}

}  // namespace
}  // namespace millrace
