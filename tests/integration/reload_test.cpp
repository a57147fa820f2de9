// SIGHUP: the whole program between brokers that trust changes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "asked.hpp"
#include "net/tls_context.hpp"
#include "program.hpp"
#include "support/certificates.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "unit/net/echo_server.hpp"

namespace millrace::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

bool said(const Program& program, const std::string& text) {
  return wait_until([&] { return program.output().find(text) != std::string::npos; });
}

TEST(ProgramReload, TrustsAnotherAuthorityFromTheNextConnectionOn) {
  const Certificates ours;
  const Certificates others;
  const auto server = ours.server("DNS:localhost");
  Mosquitto broker({.listener_config = {"cafile " + ours.ca(), "certfile " + server.cert,
                                        "keyfile " + server.key}});
  TempFolder folder;
  const auto write = [&](const std::string& ca) {
    return folder.write("mill.json", R"({"source": {"topics": ["events/#"], "tls": {"ca": ")" + ca +
                                         R"("}}, "sink": {"topic": "results"}})");
  };
  const Variables variables{{"SOURCE_URL", "mqtts://localhost:" + std::to_string(broker.port())}};
  Program millrace(variables, {"--config", write(others.ca())});
  ASSERT_TRUE(said(millrace, "TLS failed")) << millrace.output();
  write(ours.ca());
  millrace.signal(SIGHUP);
  EXPECT_TRUE(millrace.wait_until_ready()) << millrace.output();
  EXPECT_THAT(millrace.output(), HasSubstr("new connections use the files of source.tls"));
  EXPECT_EQ(millrace.stop(), 0);
}

/// Both ends of a millrace at one server that asks for certificates; what the source says first
/// comes back to it as an event.
class OverWss : public testing::Test {
 protected:
  OverWss() {
    WebSocketServerOptions options;
    options.tls = trusting(ours_);
    server_.start(std::move(options));
  }

  TlsContextPtr trusting(const Certificates& clients) const {
    return server_tls_context({clients.ca(), identity_.cert, identity_.key, {}}, "sink");
  }

  std::string write(const Certificates& authority, const Identity& client) {
    const Json end{{"url", "wss://localhost:" + std::to_string(server_.port())},
                   {"reconnect", {{"min", "10ms"}, {"max", "100ms"}}},
                   {"tls", {{"ca", authority.ca()}, {"cert", client.cert}, {"key", client.key}}}};
    Json config{{"source", end}, {"sink", end}};
    config["source"]["subscribe"] = Json::array({"hello"});
    return folder_.write("mill.json", config.dump());
  }

  static bool has(const Program& millrace, int reconnects, int results) {
    return wait_until([&] {
      const auto now = status(millrace);
      if (!now.is_object()) return false;
      const auto& ends = now["connections"];
      return now["ready"] == true && ends["source"]["reconnects"] == reconnects &&
             ends["sink"]["reconnects"] == reconnects && now["out"]["results"] == results;
    });
  }

  TempFolder folder_;
  const Certificates ours_;
  const Certificates others_;
  const Identity identity_ = ours_.server("DNS:localhost");
  const Identity client_ = ours_.client("mill");
  EchoServer server_;
};

TEST_F(OverWss, TrustsAnotherAuthorityFromTheNextConnectionOn) {
  Program millrace({}, {"--config", write(others_, client_)});
  for (const std::string end : {"source", "sink"}) {
    ASSERT_TRUE(wait_until([&] {
      const auto now = status(millrace);
      if (!now.is_object()) return false;
      const std::string reason = now["connections"][end]["reason"];
      return reason.find("certificate") != std::string::npos;
    })) << end
        << ": " << millrace.output();
  }
  write(ours_, client_);
  millrace.signal(SIGHUP);
  EXPECT_TRUE(has(millrace, 0, 1)) << millrace.output();
  EXPECT_EQ(millrace.stop(), 0);
}

TEST_F(OverWss, ShowsAnotherCertificateFromTheNextConnectionOn) {
  Program millrace({}, {"--config", write(ours_, client_)});
  ASSERT_TRUE(has(millrace, 0, 1)) << millrace.output();
  write(ours_, others_.client("mill"));
  millrace.signal(SIGHUP);
  ASSERT_TRUE(said(millrace, "new connections use the files of source.tls and sink.tls"));
  ASSERT_TRUE(has(millrace, 0, 1)) << "those that are open stay: " << millrace.output();
  server_.change_tls(trusting(others_));
  EXPECT_TRUE(has(millrace, 1, 2)) << millrace.output();
  EXPECT_EQ(millrace.stop(), 0);
}

TEST(ProgramReload, LosesNothingThatIsUnderWayAndTakesNothingFromAWrongFile) {
  Mosquitto broker;
  TempFolder folder;
  const auto write = [&](const std::string& text) { return folder.write("mill.json", text); };
  const std::string good = R"({"source": {"url": ")" + broker.url() +
                           R"(", "topics": ["events/#"]}, "processing": {"type": "square", )" +
                           R"("delay": "20ms"}, "log": {"level": "LEVEL"}})";
  const auto with_level = [&](const std::string& level) {
    std::string text = good;
    return write(text.replace(text.find("LEVEL"), 5, level));
  };
  Program millrace({}, {"--config", with_level("info")});
  ASSERT_TRUE(millrace.wait_until_ready()) << millrace.output();
  MqttPeer peer(broker.port(), "peer");
  peer.subscribe("results");
  for (int i = 1; i <= 200; ++i) {
    peer.post("events/a", std::to_string(i));
    if (i == 50) with_level("debug");
    if (i == 100) write(R"({"processing": {"workers": 0}})");
    if (i == 50 || i == 100) {
      millrace.signal(SIGHUP);
      ASSERT_TRUE(said(millrace, i == 50 ? "log.level is now debug" : "nothing has changed"))
          << millrace.output();
    }
  }
  ASSERT_TRUE(peer.wait_for(200));
  for (std::size_t i = 1; i <= 200; ++i) {
    ASSERT_EQ(peer.payloads().at(i - 1), std::to_string(i * i));
  }
  EXPECT_THAT(millrace.output(), HasSubstr("reload: nothing has changed: processing.workers = 0"));
  EXPECT_THAT(millrace.output(), HasSubstr(" debug "));
  EXPECT_EQ(millrace.stop(), 0) << millrace.output();
}

}  // namespace
}  // namespace millrace::test
