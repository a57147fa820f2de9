// Who is trusted, over wss://.
#include <gtest/gtest.h>

#include <string>

#include "net/tls_context.hpp"
#include "sink/ws_sink.hpp"
#include "support/certificates.hpp"
#include "unit/net/echo_server.hpp"
#include "unit/sink/recorded_deliveries.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

class OverTls : public testing::Test {
 protected:
  // `names`: of the server's certificate; `clients`: it asks for theirs.
  void serve(const std::string& names, bool clients = false) {
    const auto identity = certificates_.server(names);
    WebSocketServerOptions options;
    options.tls = server_tls_context(
        {clients ? certificates_.ca() : std::string(), identity.cert, identity.key, {}}, "sink");
    server_.start(std::move(options));
  }

  void connect(const std::string& host, TlsConfig tls) {
    SinkConfig config;
    config.url = "wss://" + host + ":" + std::to_string(server_.port());
    config.tls = std::move(tls);
    config.reconnect = {10ms, 40ms};
    sink_ = make_ws_sink(config);
    sink_->start(deliveries_);
  }

  const Certificates certificates_;
  EchoServer server_;
  RecordedDeliveries deliveries_;
  SinkPtr sink_;
};

TEST_F(OverTls, AServerWithTheRightNameIsTrusted) {
  serve("DNS:localhost,IP:127.0.0.1");
  connect("localhost", {certificates_.ca(), {}, {}, {}});
  EXPECT_TRUE(deliveries_.wait_for_ok()) << deliveries_.state().reason;
  sink_->accept(result_of(0, "confidential"));
  EXPECT_TRUE(deliveries_.wait_for(1));
}

TEST_F(OverTls, AServerIsTrustedByItsAddress) {
  serve("IP:127.0.0.1");
  connect("127.0.0.1", {certificates_.ca(), {}, {}, {}});
  EXPECT_TRUE(deliveries_.wait_for_ok()) << deliveries_.state().reason;
}

TEST_F(OverTls, AServerWithAnotherNameIsNotTrusted) {
  serve("DNS:elsewhere.example");
  connect("localhost", {certificates_.ca(), {}, {}, {}});
  EXPECT_TRUE(deliveries_.wait_for_reason(": TLS: ")) << deliveries_.state().reason;
  EXPECT_FALSE(deliveries_.state().ok);
}

TEST_F(OverTls, AServerOfAnotherAuthorityIsNotTrusted) {
  serve("DNS:localhost");
  const Certificates others;
  connect("localhost", {others.ca(), {}, {}, {}});
  EXPECT_TRUE(deliveries_.wait_for_reason("certificate")) << deliveries_.state().reason;
  EXPECT_FALSE(deliveries_.state().ok);
}

TEST_F(OverTls, AServerOfNobodyTheSystemKnowsIsNotTrusted) {
  serve("DNS:localhost");
  connect("localhost", {});
  EXPECT_TRUE(deliveries_.wait_for_reason("certificate")) << deliveries_.state().reason;
  EXPECT_FALSE(deliveries_.state().ok);
}

TEST_F(OverTls, AServerThatAsksForACertificateTakesOnlyThoseItsAuthorityGave) {
  serve("DNS:localhost", true);
  connect("localhost", {certificates_.ca(), {}, {}, {}});
  EXPECT_TRUE(deliveries_.wait_for_reason("cannot connect")) << deliveries_.state().reason;
  EXPECT_FALSE(deliveries_.state().ok);
  sink_.reset();
  const auto identity = certificates_.client("reader", "open sesame");
  connect("localhost", {certificates_.ca(), identity.cert, identity.key, "open sesame"});
  EXPECT_TRUE(deliveries_.wait_for_ok()) << deliveries_.state().reason;
}

}  // namespace
}  // namespace millrace::test
