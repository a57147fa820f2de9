#include "config/url.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace millrace {
namespace {

TEST(SourceUrl, NamesABrokerByNameOrAddress) {
  const Url url = parse_url("mqtt://broker.example:1884", End::source);
  EXPECT_EQ(url.scheme, Scheme::mqtt);
  EXPECT_EQ(url.host, "broker.example");
  EXPECT_EQ(url.port, 1884);
  EXPECT_EQ(parse_url("mqtt://10.0.0.1/", End::source).host, "10.0.0.1");
  EXPECT_EQ(parse_url("MQTT://b", End::source).scheme, Scheme::mqtt);
}

TEST(SourceUrl, HasThePortOfItsScheme) {
  EXPECT_EQ(parse_url("mqtt://b", End::source).port, 1883);
  EXPECT_EQ(parse_url("mqtts://b", End::source).port, 8883);
  EXPECT_EQ(parse_url("mqtts://b:65535", End::source).port, 65535);
}

TEST(SourceUrl, HoldsAnIpv6AddressInBrackets) {
  const Url url = parse_url("mqtt://[2001:db8::1]:1884", End::source);
  EXPECT_EQ(url.host, "2001:db8::1");
  EXPECT_EQ(url.port, 1884);
  EXPECT_EQ(parse_url("mqtt://[::1]", End::source).port, 1883);
  EXPECT_EQ(parse_url("mqtt://[::ffff:10.0.0.1]", End::source).host, "::ffff:10.0.0.1");
}

TEST(SourceUrl, GeneratesAsItsQuerySays) {
  const GenerateQuery plain = parse_url("generate:", End::source).generate;
  EXPECT_EQ(plain.count, std::nullopt);
  EXPECT_EQ(plain.interval, std::chrono::seconds(1));
  const GenerateQuery query = parse_url("generate:?count=10&interval=5ms", End::source).generate;
  EXPECT_EQ(query.count, 10U);
  EXPECT_EQ(query.interval, std::chrono::milliseconds(5));
  EXPECT_EQ(parse_url("generate:?interval=0s", End::source).generate.interval, Duration(0));
}

TEST(SourceUrl, IsAsStrictAboutEveryPart) {
  for (const char* text : {"mqtt:///",
                           "mqtt://a:1883:1",
                           "mqtt://a:+1",
                           "mqtt://a: 1",
                           "mqtt://%61",
                           "mqtt://a#",
                           "mqtt://a//",
                           "mqtt://[::1]x",
                           "mqtt://[127.0.0.1]",
                           "mqtt://[fe80::1%25eth0]",
                           "mqtt://a:18446744073709551617",
                           "generate:10",
                           "generate:?",
                           "generate:?count",
                           "generate:?count=1&",
                           "stdin://",
                           " stdin:",
                           "generate:?count=-1",
                           "generate:?count=1;interval=1s",
                           "stdin"}) {
    EXPECT_THROW(static_cast<void>(parse_url(text, End::source)), std::invalid_argument) << text;
  }
}

TEST(SourceUrl, LeadsThroughAWebSocket) {
  const Url plain = parse_url("mqtt+ws://b", End::source);
  EXPECT_EQ(plain.scheme, Scheme::mqtt_ws);
  EXPECT_EQ(plain.port, 80);
  EXPECT_EQ(plain.target, "/mqtt");
  EXPECT_EQ(parse_url("mqtt+wss://b/", End::sink).target, "/");
  const Url feed = parse_url("wss://feed.example/v1/ticks?symbol=%41", End::source);
  EXPECT_EQ(feed.scheme, Scheme::wss);
  EXPECT_EQ(feed.port, 443);
  EXPECT_EQ(feed.target, "/v1/ticks?symbol=%41");
  EXPECT_EQ(parse_url("ws://feed.example:8080?a=b", End::source).target, "/?a=b");
  EXPECT_EQ(parse_url("ws://feed.example", End::source).target, "/");
}

TEST(SourceUrl, ListensOnAPortThatIsWritten) {
  const Url url = parse_url("tcp-listen://0.0.0.0:8000", End::source);
  EXPECT_EQ(url.scheme, Scheme::tcp_listen);
  EXPECT_EQ(url.host, "0.0.0.0");
  EXPECT_EQ(url.port, 8000);
  EXPECT_EQ(parse_url("tcp-listen://[::]:0", End::source).port, 0);
  for (const char* text : {"tcp-listen://0.0.0.0", "tcp-listen://:8000", "tcp-listen://a:1/x",
                           "tcp-listen:8000", "ws-listen://0.0.0.0:1"}) {
    EXPECT_THROW(static_cast<void>(parse_url(text, End::source)), std::invalid_argument) << text;
  }
}

TEST(SourceUrl, HasAPathOfVisibleCharacters) {
  for (const std::string& text :
       {std::string("ws://a/b c"), std::string("ws://a/b#c"), std::string("ws://a/\xc3\xa4"),
        std::string("ws://a/\r\nX: y"), "ws://a/" + std::string(1024, 'x')}) {
    EXPECT_THROW(static_cast<void>(parse_url(text, End::source)), std::invalid_argument) << text;
  }
}

TEST(SourceUrl, IsWrittenAsItWasMeant) {
  EXPECT_EQ(to_string(parse_url("wss://b/secret?token=x", End::source)), "wss://b:443");
  EXPECT_EQ(to_string(parse_url("tcp-listen://[::1]:1", End::source)), "tcp-listen://[::1]:1");
  EXPECT_EQ(to_string(parse_url("mqtt://b", End::source)), "mqtt://b:1883");
  EXPECT_EQ(to_string(parse_url("mqtts://[::1]", End::sink)), "mqtts://[::1]:8883");
  EXPECT_EQ(to_string(parse_url("generate:?count=1", End::source)), "generate:");
}

TEST(SinkUrl, IsABrokerOrStandardOutput) {
  EXPECT_EQ(parse_url("mqtt://b", End::sink).scheme, Scheme::mqtt);
  EXPECT_EQ(parse_url("stdout:", End::sink).scheme, Scheme::standard_output);
  EXPECT_THROW(static_cast<void>(parse_url("stdin:", End::sink)), std::invalid_argument);
}

TEST(SinkUrl, ServesWebSockets) {
  const Url url = parse_url("ws-listen://0.0.0.0:8080/live", End::sink);
  EXPECT_EQ(url.scheme, Scheme::ws_listen);
  EXPECT_EQ(url.target, "/live");
  EXPECT_EQ(parse_url("ws-listen://0.0.0.0:0", End::sink).target, "/");
  EXPECT_THROW(static_cast<void>(parse_url("tcp-listen://a:1", End::sink)), std::invalid_argument);
}

TEST(ListenAddress, IsAHostAndAPort) {
  EXPECT_EQ(parse_listen("0.0.0.0:0").port, 0);
  EXPECT_EQ(parse_listen("[::]:9464").host, "::");
  EXPECT_EQ(parse_listen("localhost:9464").host, "localhost");
}

}  // namespace
}  // namespace millrace
