#include "net/websocket_server.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/raw_websocket.hpp"
#include "unit/net/echo_server.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
namespace http = boost::beast::http;

class WebSocketRequests : public testing::Test {
 protected:
  WebSocketRequests() {
    options_.path = "/results";
    request_.method(http::verb::get);
    request_.version(11);
    request_.target("/results");
    request_.set(http::field::host, "example.org:8080");
    request_.set(http::field::upgrade, "websocket");
    request_.set(http::field::connection, "keep-alive, Upgrade");
    request_.set(http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
    request_.set(http::field::sec_websocket_version, "13");
  }
  unsigned answer() const { return refusal_of(request_, options_); }
  unsigned answer_to_origin(const std::string& origin) {
    request_.set(http::field::origin, origin);
    return answer();
  }

  WebSocketServerOptions options_;
  WebSocketRequest request_;
};

TEST_F(WebSocketRequests, OfTheRightPathAreGranted) {
  EXPECT_EQ(answer(), 0U);
  request_.target("/results?from=now");
  EXPECT_EQ(answer(), 0U);
  request_.target("/result");
  EXPECT_EQ(answer(), 404U);
}

TEST_F(WebSocketRequests, WithoutAnUpgradeGet426) {
  request_.erase(http::field::upgrade);
  EXPECT_EQ(answer(), 426U);
}

TEST_F(WebSocketRequests, WithoutAHostOrOfHttp10Get400) {
  request_.erase(http::field::host);
  EXPECT_EQ(answer(), 400U);
  request_.set(http::field::host, "example.org");
  request_.version(10);
  EXPECT_EQ(answer(), 400U);
}

TEST_F(WebSocketRequests, NeedTheTokenBeforeAnythingElseIsTold) {
  options_.token = "sesame";
  EXPECT_EQ(answer(), 401U);
  for (const char* wrong :
       {"Bearer simsam", "Bearer sesam", "Bearer sesame1", "sesame", "Bearer "}) {
    request_.set(http::field::authorization, wrong);
    EXPECT_EQ(answer(), 401U) << wrong;
  }
  request_.target("/elsewhere");
  EXPECT_EQ(answer(), 401U);
  request_.set(http::field::authorization, "Bearer sesame");
  EXPECT_EQ(answer(), 404U);
  request_.target("/results");
  EXPECT_EQ(answer(), 0U);
}

TEST_F(WebSocketRequests, OfAPageFromElsewhereGet403UnlessItIsListed) {
  EXPECT_EQ(answer_to_origin("https://example.org:8080"), 0U);
  EXPECT_EQ(answer_to_origin("http://EXAMPLE.org:8080"), 0U);
  for (const char* other : {"https://example.org", "https://evil.example", "null", "", "https://",
                            "https://evil.example/example.org:8080"}) {
    EXPECT_EQ(answer_to_origin(other), 403U) << other;
  }
  options_.origins = {"https://shop.example"};
  EXPECT_EQ(answer_to_origin("https://shop.example"), 0U);
  EXPECT_EQ(answer_to_origin("http://shop.example"), 403U);
  EXPECT_EQ(answer_to_origin("https://shop.example.evil.example"), 403U);
  options_.origins = {"*"};
  EXPECT_EQ(answer_to_origin("null"), 0U);
}

class AWebSocketServer : public testing::Test {
 protected:
  void start(WebSocketServerOptions options) { server_.start(std::move(options)); }
  std::uint16_t port() const { return server_.port(); }

  static bool starts_with(const RawWebSocketPtr& peer, const std::string& line) {
    return peer && peer->hello().starts_with("HTTP/1.1 " + line);
  }

  EchoServer server_;
};

TEST_F(AWebSocketServer, AnswersTheKeyAndTalks) {
  start({});
  const auto peer = connect_websocket(port());
  ASSERT_TRUE(starts_with(peer, "101 "));
  EXPECT_NE(peer->hello().find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos)
      << "the example of RFC 6455, 1.3";
  peer->text("hello");
  EXPECT_EQ(peer->next_data()->payload, "hello");
}

TEST_F(AWebSocketServer, SaysWhyItRefuses) {
  WebSocketServerOptions options;
  options.token = "sesame";
  start(std::move(options));
  const auto peer = connect_websocket(port());
  EXPECT_TRUE(starts_with(peer, "401 Unauthorized")) << peer->hello();
  EXPECT_NE(peer->hello().find("WWW-Authenticate: Bearer\r\n"), std::string::npos);
  EXPECT_TRUE(
      starts_with(connect_websocket(port(), "/", "Authorization: Bearer sesame\r\n"), "101"));
}

TEST_F(AWebSocketServer, SendsTheNextClientAwayWhenThereAreEnough) {
  WebSocketServerOptions options;
  options.clients = 2;
  start(std::move(options));
  const auto one = connect_websocket(port());
  auto two = connect_websocket(port());
  ASSERT_TRUE(starts_with(two, "101 "));
  EXPECT_TRUE(starts_with(connect_websocket(port()), "503 Service Unavailable"));
  two = nullptr;
  EXPECT_TRUE(wait_until([&] { return starts_with(connect_websocket(port()), "101 "); }));
}

TEST_F(AWebSocketServer, IsNotHeldUpByClientsThatSayNothing) {
  WebSocketServerOptions options;
  options.limits.handshake = 500ms;
  start(std::move(options));
  const auto silent = dial(port());
  const auto half = dial(port());
  half->send_bytes("GET / HTTP/1.1\r\nHost:");
  EXPECT_TRUE(starts_with(connect_websocket(port()), "101 "));
  EXPECT_TRUE(silent->wait_for_end());
  EXPECT_TRUE(half->wait_for_end());
}

TEST_F(AWebSocketServer, EndsAClientThatSendsUnmaskedNonsenseOrTooMuch) {
  WebSocketServerOptions options;
  options.limits.message_bytes = 100;
  start(std::move(options));
  const auto nonsense = connect_websocket(port());
  nonsense->send_bytes("\x81\x05hello");
  EXPECT_EQ(RawWebSocket::code_of(nonsense->next_data()), 1002U);
  const auto large = connect_websocket(port());
  large->text(std::string(101, 'x'));
  EXPECT_EQ(RawWebSocket::code_of(large->next_data()), 1009U);
  const auto garbage = dial(port());
  garbage->send_bytes("\x16\x03\x01 no HTTP at all\r\n\r\n");
  EXPECT_TRUE(garbage->wait_for_end());
}

TEST(AWebSocketServerAlone, SaysWhereItCannotListen) {
  const WebSocketFeed taken;
  IoThread thread;
  WebSocketServerOptions options;
  options.listen = {"127.0.0.1", taken.port()};
  try {
    const WebSocketServer server(options, thread, {});
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()),
              "sink.url: cannot listen at 127.0.0.1:" + std::to_string(taken.port()) +
                  ": Address already in use");
  }
}

}  // namespace
}  // namespace millrace::test
