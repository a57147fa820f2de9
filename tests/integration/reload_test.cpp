// SIGHUP: the whole program between brokers that trust changes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "program.hpp"
#include "support/certificates.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"

namespace millrace::test {
namespace {

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
