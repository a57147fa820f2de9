// `millrace check --connect`: what it says of each connection, against real brokers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <optional>

#include "program.hpp"
#include "support/certificates.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "support/ports.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CheckConnect : public testing::Test {
 protected:
  std::string check(const std::string& url, const std::vector<std::string>& options = {},
                    const Variables& more = {}) {
    Variables variables{{"SOURCE_URL", url}, {"SOURCE_TOPICS", "in/#"}, {"SINK_TOPIC", "out"}};
    for (const auto& [name, value] : more) variables[name] = value;
    std::vector<std::string> arguments{"check", "--connect"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    Program program(variables, arguments);
    code_ = program.wait().value_or(-1);
    return program.output();
  }

  int code_ = -1;
};

TEST_F(CheckConnect, SaysEachStepOfAConnectionThatWorks) {
  Mosquitto broker;
  const std::string address = "127.0.0.1:" + std::to_string(broker.port());
  const auto said = check(broker.url());
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(said, AllOf(HasSubstr("source " + broker.url() + ": ok\n  DNS       127.0.0.1\n"),
                          HasSubstr("  TCP       connected to " + address + " in "),
                          HasSubstr("  CONNACK   accepted, client id millrace-check\n"),
                          HasSubstr("  SUBACK    granted: in/#\n"),
                          HasSubstr("sink " + broker.url() + ": ok\n"),
                          HasSubstr("accepted, client id millrace-sink-check\nok\n")));
}

TEST_F(CheckConnect, SaysThatAHostHasNoAddress) {
  const auto said = check("mqtt://no-such-host.invalid");
  EXPECT_EQ(code_, 1);
  EXPECT_THAT(said,
              HasSubstr("source mqtt://no-such-host.invalid:1883: DNS: no-such-host.invalid: "));
  EXPECT_THAT(said, Not(HasSubstr("TCP")));
}

TEST_F(CheckConnect, SaysThatNobodyListens) {
  const std::string port = std::to_string(free_port());
  const auto said = check("mqtt://127.0.0.1:" + port);
  EXPECT_EQ(code_, 1);
  EXPECT_THAT(said, AllOf(HasSubstr("sink mqtt://127.0.0.1:" + port + ": TCP: 127.0.0.1:" + port +
                                    ": Connection refused\n"),
                          HasSubstr("  DNS       127.0.0.1\n  TCP       FAILED: "),
                          Not(HasSubstr("CONNACK"))));
}

TEST_F(CheckConnect, SaysWhyACertificateIsNotAccepted) {
  const Certificates trusted;
  const Certificates others;
  const auto server = trusted.server("DNS:localhost");
  BrokerOptions options;
  options.listener_config = {"certfile " + server.cert, "keyfile " + server.key};
  Mosquitto broker(options);
  const std::string port = std::to_string(broker.port());
  const std::string url = "mqtts://localhost:" + port;
  const auto good = check(url, {}, {{"SOURCE_TLS_CA", trusted.ca()}});
  EXPECT_EQ(code_, 0) << good;
  EXPECT_THAT(good, HasSubstr("  TLS       TLSv1.3, certificate of "));
  const auto bad = check(url, {}, {{"SOURCE_TLS_CA", others.ca()}});
  EXPECT_EQ(code_, 1);
  EXPECT_THAT(bad, AllOf(HasSubstr("source " + url + ": TLS: the certificate is not accepted: "),
                         Not(HasSubstr("CONNACK"))));
  const auto other_name = check("mqtts://127.0.0.1:" + port, {}, {{"SOURCE_TLS_CA", trusted.ca()}});
  EXPECT_EQ(code_, 1);
  EXPECT_THAT(other_name, HasSubstr("TLS: the certificate is not accepted: IP address mismatch"));
}

TEST_F(CheckConnect, SaysWhyABrokerRefuses) {
  BrokerOptions options;
  options.username = "somebody";
  options.password = "secret";
  Mosquitto broker(options);
  const auto said =
      check(broker.url(), {}, {{"SOURCE_USERNAME", "somebody"}, {"SOURCE_PASSWORD", "wrong-one"}});
  EXPECT_EQ(code_, 1);
  EXPECT_THAT(said, HasSubstr("  CONNACK   FAILED: broker refused: not authorized (0x87)\n"));
  EXPECT_THAT(said, Not(HasSubstr("wrong-one")));
  const auto good = check(broker.url(), {"--probe"},
                          {{"SOURCE_USERNAME", "somebody"}, {"SOURCE_PASSWORD", "secret"}});
  EXPECT_EQ(code_, 0) << good;
}

TEST_F(CheckConnect, SaysWhatIsNotGranted) {
  Mosquitto broker;
  WireTap tapped(broker.port());
  // MQTT 5, 3.9.3: the last byte of a SUBACK for one filter is its reason code.
  tapped.intercept([](Packet& packet) {
    if (packet.type == PacketType::suback) packet.raw.back() = static_cast<char>(0x87);
    return WireTap::Action::pass;
  });
  const auto said = check(tapped.url());
  EXPECT_EQ(code_, 1);
  EXPECT_THAT(said, AllOf(HasSubstr("  CONNACK   accepted, client id millrace-check\n"),
                          HasSubstr("  SUBACK    FAILED: subscription to \"in/#\" refused: not "
                                    "authorized (0x87)\n")));
}

TEST_F(CheckConnect, ProbesWhatMayBePublishedAndNobodyGetsAnything) {
  BrokerOptions options;
  options.acl = "topic read #\ntopic readwrite out\ntopic readwrite end\n";
  Mosquitto broker(options);
  MqttPeer watcher(broker.port(), "watcher");
  watcher.subscribe("#", 2);
  const auto said = check(broker.url(), {"--probe"});
  EXPECT_EQ(code_, 1);
  EXPECT_THAT(said, AllOf(HasSubstr("  PUBREC    probe of out: would be taken\n"),
                          HasSubstr("sink " + broker.url() +
                                    ": PUBREC: probe of millrace/dead: not authorized (0x87)\n")));
  const auto good = check(broker.url(), {"--probe"}, {{"DEAD_LETTER_TOPIC", "end"}});
  EXPECT_EQ(code_, 0) << good;
  watcher.publish("end", "the first that anybody gets");
  ASSERT_TRUE(watcher.wait_for(1));
  EXPECT_EQ(watcher.payloads().front(), "the first that anybody gets");
}

TEST_F(CheckConnect, SaysWhatCannotBeProbed) {
  Mosquitto broker;
  EXPECT_THAT(check(broker.url(), {"--probe"}, {{"SOURCE_MQTT_VERSION", "3.1.1"}}),
              HasSubstr("not probed: MQTT 3.1.1 does not say what is refused"));
  EXPECT_EQ(code_, 0);
  const auto said = check(broker.url(), {"--probe"}, {{"SINK_TOPIC", "out/{topic}"}});
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(said, AllOf(HasSubstr("sink.topic depends on the event: not probed"),
                          HasSubstr("probe of millrace/dead: would be taken")));
}

TEST_F(CheckConnect, ProbesTheDeadLettersConnectionWhereResultsGoElsewhere) {
  BrokerOptions options;
  options.acl = "topic read #\n";
  Mosquitto broker(options);
  EXPECT_THAT(check(broker.url(), {"--probe"}, {{"SINK_URL", "stdout:"}}),
              HasSubstr("dead letters " + broker.url() + ": PUBREC: probe of millrace/dead: "));
  EXPECT_EQ(code_, 1);
}

TEST_F(CheckConnect, TriesTheConnectionOfTheStatusAndPublishesNothing) {
  Mosquitto broker;
  MqttPeer watcher(broker.port(), "watcher");
  watcher.subscribe("mills/#");
  const auto said = check(broker.url(), {}, {{"STATUS_TOPIC", "mills/one"}});
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(said, AllOf(HasSubstr("status " + broker.url() + ": ok\n  DNS       127.0.0.1\n"),
                          HasSubstr("accepted, client id millrace-check-status\nok\n")));
  EXPECT_THAT(check(broker.url()), Not(HasSubstr("status ")));
  watcher.publish("mills/one", "the first that anybody gets");
  ASSERT_TRUE(watcher.wait_for(1));
  EXPECT_EQ(watcher.payloads().front(), "the first that anybody gets");
}

TEST_F(CheckConnect, SaysThatABrokerRefusesTheConnectionOfTheStatusWithItsWill) {
  Mosquitto broker;
  WireTap tapped(broker.port());
  std::optional<unsigned> link;  // of the tap's thread
  std::atomic<bool> with_will = false;
  tapped.intercept([&](Packet& packet) {
    if (packet.client == "millrace-check-status") {
      link = packet.link;
      with_will = packet.raw.find("mills/one") != std::string::npos;
    }
    if (packet.type == PacketType::connack && packet.link == link) {
      packet.raw = std::string("\x20\x03\x00\x87\x00", 5);
    }
    return WireTap::Action::pass;
  });
  const auto said = check(tapped.url(), {}, {{"STATUS_TOPIC", "mills/one"}});
  EXPECT_EQ(code_, 1);
  EXPECT_TRUE(with_will);
  EXPECT_THAT(said, AllOf(HasSubstr("sink " + tapped.url() + ": ok\n"),
                          HasSubstr("status " + tapped.url() +
                                    ": CONNACK: broker refused: not authorized (0x87)\n")));
}

TEST_F(CheckConnect, SaysThatABrokerWillNotKeepTheStatus) {
  BrokerOptions options;
  options.config = {"retain_available false"};
  Mosquitto broker(options);
  const auto said = check(broker.url(), {}, {{"STATUS_TOPIC", "mills/one"}});
  EXPECT_EQ(code_, 1);
  EXPECT_THAT(said, HasSubstr("status " + broker.url() +
                              ": CONNACK: the broker does not retain messages\n"));
}

TEST_F(CheckConnect, ProbesTheStatusWhereTheBrokerTakesResultsOnly) {
  BrokerOptions options;
  options.acl = "topic read #\ntopic readwrite out\ntopic readwrite millrace/dead\n";
  Mosquitto broker(options);
  const auto said = check(broker.url(), {"--probe"}, {{"STATUS_TOPIC", "mills/one"}});
  EXPECT_EQ(code_, 1);
  EXPECT_THAT(said, AllOf(HasSubstr("sink " + broker.url() + ": ok\n"),
                          HasSubstr("status " + broker.url() +
                                    ": PUBREC: probe of mills/one: not authorized (0x87)\n")));
}

TEST_F(CheckConnect, ProbesTheStatusOnTheSourcesBrokerWhereResultsGoElsewhere) {
  Mosquitto broker;
  const auto said =
      check(broker.url(), {"--probe"}, {{"STATUS_TOPIC", "mills/one"}, {"SINK_URL", "stdout:"}});
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(said, AllOf(HasSubstr("status " + broker.url() + ": ok\n"),
                          HasSubstr("  PUBREC    probe of mills/one: would be taken\n")));
}

TEST_F(CheckConnect, SaysTheSameAsJson) {
  BrokerOptions options;
  options.acl = "topic read #\n";
  Mosquitto broker(options);
  const auto report = nlohmann::json::parse(check(broker.url(), {"--probe", "--json"}));
  EXPECT_EQ(code_, 1);
  EXPECT_EQ(report["ok"], false);
  ASSERT_EQ(report["connections"].size(), 2U);
  const auto& source = report["connections"][0];
  EXPECT_EQ(source["name"], "source");
  EXPECT_EQ(source["url"], broker.url());
  EXPECT_EQ(source["ok"], true);
  std::vector<std::string> names;
  for (const auto& step : source["steps"]) names.push_back(step["step"]);
  EXPECT_EQ(names, (std::vector<std::string>{"DNS", "TCP", "CONNACK", "SUBACK"}));
  const auto& last = report["connections"][1]["steps"].back();
  EXPECT_EQ(last["step"], "PUBREC");
  EXPECT_EQ(last["ok"], false);
  EXPECT_EQ(last["detail"], "probe of millrace/dead: not authorized (0x87)");
}

}  // namespace
}  // namespace millrace::test
