#include "observability/tap_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "net/http_answer.hpp"
#include "support/raw_websocket.hpp"
#include "support/wait.hpp"
#include "unit/observability/tap_endpoint.hpp"

namespace millrace::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto kUpgraded = "HTTP/1.1 101 ";

// Bytes after which one who reads nothing can be sent no more: all buffers to it are full.
constexpr std::size_t kMoreThanBuffersHold = std::size_t{2} << 20U;

class TapServerTest : public testing::Test {
 protected:
  void serve(TapMode mode = TapMode::events, const std::string& token = "") {
    endpoint_ = std::make_unique<TapEndpoint>(mode, token);
  }

  RawWebSocketPtr look(const std::string& query = "", const std::string& headers = "") {
    return connect_websocket(endpoint_->address().port, "/tap" + query, headers);
  }

  std::string hello(const std::string& query, const std::string& headers = "") {
    return look(query, headers)->hello();
  }

  // A request with these headers alone, but for what makes it an upgrade.
  std::string raw_hello(const std::string& headers) {
    auto client = dial(endpoint_->address().port);
    client->send_bytes("GET /tap HTTP/1.1\r\n" + headers +
                       "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                       "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    client->read_hello();
    return client->hello();
  }

  void event(std::uint64_t number, const std::string& stream = "events/a") {
    EventTrace trace;
    trace.number = number;
    trace.stream = stream;
    endpoint_->tap.finished(trace);
  }

  // Somebody looks on only some time after the answer to the upgrade.
  nlohmann::json first_message(RawWebSocket& client) {
    std::optional<WsFrame> heard;
    const bool came = wait_until([&] {
      event(1);
      heard = client.next_data(std::chrono::milliseconds(100));
      return heard.has_value();
    });
    return came ? nlohmann::json::parse(heard->payload) : nlohmann::json();
  }

  std::unique_ptr<TapEndpoint> endpoint_;
};

TEST_F(TapServerTest, SendsEachEventAsATextMessage) {
  serve();
  const auto client = look("?stage=outcomes");
  ASSERT_THAT(client->hello(), StartsWith(kUpgraded));
  EXPECT_EQ(first_message(*client).at("number"), 1);
}

TEST_F(TapServerTest, ShowsTheStreamThatWasAskedFor) {
  serve();
  const auto client = look("?stream=events%2Fb");
  std::optional<WsFrame> heard;
  ASSERT_TRUE(wait_until([&] {
    event(1, "events/a");
    event(2, "events/b");
    heard = client->next_data(std::chrono::milliseconds(100));
    return heard.has_value();
  }));
  EXPECT_EQ(nlohmann::json::parse(heard->payload).at("number"), 2);
}

TEST_F(TapServerTest, HasPayloadsInItsMessagesOnlyWhereAllowedAndAskedFor) {
  for (const TapMode mode : {TapMode::events, TapMode::payloads}) {
    serve(mode);
    for (const bool asked : {false, true}) {
      const auto client = look(asked ? "?payloads=1" : "");
      const bool has = first_message(*client).contains("payload");
      EXPECT_EQ(has, asked && mode == TapMode::payloads);
    }
  }
}

TEST_F(TapServerTest, SaysThatItIsOff) {
  serve(TapMode::off);
  EXPECT_THAT(hello(""), StartsWith("HTTP/1.1 403 "));
}

TEST_F(TapServerTest, RefusesWhatItCannotShow) {
  serve();
  EXPECT_THAT(hello("?stage=all"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(hello("?token=sesame"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(TapServerTest, LetsNoPageOfAnotherSiteIn) {
  serve();
  const std::string port = std::to_string(endpoint_->address().port);
  EXPECT_THAT(hello("", "Origin: https://evil.example\r\n"), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(hello("", "Origin: null\r\n"), StartsWith("HTTP/1.1 403 "));
}

TEST_F(TapServerTest, LetsNoPageInThatCameByANameWhichCouldBeForged) {
  serve();
  // What DNS rebinding looks like: the page's own host, at our address.
  const auto with_host = [&](const std::string& host) {
    return raw_hello("Host: " + host + "\r\nOrigin: http://" + host + "\r\n");
  };
  EXPECT_THAT(with_host("evil.example:9464"), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(with_host("127.0.0.1.evil.example"), StartsWith("HTTP/1.1 403 "));
  for (const char* host : {"127.0.0.1:9464", "[::1]:9464", "localhost:9464", "millrace:9464"}) {
    EXPECT_THAT(with_host(host), StartsWith(kUpgraded)) << host;
  }
}

TEST_F(TapServerTest, RefusesARequestThatNamesNoHostOrTwo) {
  serve();
  EXPECT_THAT(raw_hello(""), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(raw_hello("Host: 127.0.0.1\r\nHost: evil.example\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(raw_hello("Host: 127.0.0.1\r\n"), StartsWith(kUpgraded));
}

TEST_F(TapServerTest, NeedsTheTokenAsAHeaderOrAsASubprotocolThatItDoesNotRepeat) {
  const std::string token = "s?s>me/ü=";
  serve(TapMode::events, token);
  EXPECT_THAT(hello(""), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(hello("", "Authorization: Bearer wrong\r\n"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(hello("", "Authorization: Bearer " + token + "\r\n"), StartsWith(kUpgraded));
  const auto offering = [](const std::string& protocols) {
    return "Sec-WebSocket-Protocol: " + protocols + "\r\n";
  };
  EXPECT_EQ(bearer_protocol(token), "bearer.cz9zPm1lL8O8PQ");
  EXPECT_THAT(hello("", offering("millrace-tap, " + bearer_protocol("wrong"))),
              StartsWith("HTTP/1.1 401 "));
  const std::string welcome = hello("", offering("millrace-tap, " + bearer_protocol(token)));
  EXPECT_THAT(welcome, StartsWith(kUpgraded));
  EXPECT_THAT(welcome, HasSubstr("Sec-WebSocket-Protocol: millrace-tap\r\n"));
  EXPECT_THAT(welcome, Not(HasSubstr("bearer")));
}

TEST_F(TapServerTest, LetsAFewInAtATime) {
  serve();
  std::vector<RawWebSocketPtr> inside;
  for (std::size_t i = 0; i < TapServer::kClients; ++i) {
    inside.push_back(look());
    ASSERT_THAT(inside.back()->hello(), StartsWith(kUpgraded));
  }
  EXPECT_THAT(hello(""), StartsWith("HTTP/1.1 503 "));
  inside.pop_back();
  EXPECT_TRUE(wait_until([&] { return hello("").starts_with(kUpgraded); }));
}

TEST_F(TapServerTest, LeavesOutWhatADeafClientCannotTakeAndDelaysNobody) {
  serve();
  const auto deaf = connect_websocket(endpoint_->address().port, "/tap", "", 4096);
  const auto hears = look();
  const std::string stream(1000, 's');
  std::uint64_t number = 0;
  std::uint64_t left_out = 0;
  std::size_t heard = 0;
  ASSERT_TRUE(wait_until([&] {
    for (int i = 0; i < 2000; ++i) event(++number, stream);
    while (const auto frame = hears->next_data(std::chrono::milliseconds(5))) {
      left_out += nlohmann::json::parse(frame->payload).at("left_out").get<std::uint64_t>();
      heard += frame->payload.size();
    }
    return heard > kMoreThanBuffersHold && left_out > 0;
  })) << heard;
  auto ended = std::async(std::launch::async, [this] { endpoint_.reset(); });
  EXPECT_EQ(ended.wait_for(kPatience), std::future_status::ready) << "nor the end";
}

TEST_F(TapServerTest, TellsThoseWhoLookOnThatItEnds) {
  serve();
  const auto client = look();
  (void)first_message(*client);
  const auto deaf = connect_websocket(endpoint_->address().port, "/tap", "", 4096);
  endpoint_.reset();  // returns although one never answers
  std::optional<WsFrame> last;
  for (auto frame = client->next_data(); frame; frame = client->next_data()) last = frame;
  EXPECT_EQ(RawWebSocket::code_of(last), 1001U);
}

}  // namespace
}  // namespace millrace::test
