// status.topic: what those who watch the broker are told, also when millrace can tell nothing more.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "program.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kStatusTopic = "mills/one";

Variables with_status(const std::string& url) {
  return {{"SOURCE_URL", url},
          {"SOURCE_TOPICS", "events/#"},
          {"SINK_TOPIC", "results"},
          {"STATUS_TOPIC", kStatusTopic}};
}

// Everyone who is told of the status, as it comes.
class Watcher {
 public:
  explicit Watcher(std::uint16_t port, const std::string& id = "watcher") : peer_(port, id) {
    peer_.subscribe(kStatusTopic);
  }

  std::vector<std::string> words() const {
    std::vector<std::string> list;
    for (const auto& payload : peer_.payloads()) list.push_back(json::parse(payload)["status"]);
    return list;
  }
  bool wait_for(const std::string& word) const {
    return wait_until([&] { return !words().empty() && words().back() == word; }, kLong);
  }
  PeerMessage last() const { return peer_.messages().back(); }

 private:
  static constexpr std::chrono::seconds kLong{60};
  MqttPeer peer_;
};

TEST(StatusTopic, SaysOnlineWhenReadyAndOfflineAtTheStopToEarlyAndLateWatchers) {
  Mosquitto broker;
  Watcher early(broker.port());
  Program millrace(with_status(broker.url()));
  ASSERT_TRUE(millrace.wait_until_ready()) << millrace.output();
  ASSERT_TRUE(early.wait_for("online")) << millrace.output();
  const auto online = json::parse(early.last().payload);
  EXPECT_EQ(online.count("reason"), 0U);
  EXPECT_THAT(online["since"].get<std::string>(), testing::MatchesRegex("20.*T.*Z"));
  EXPECT_FALSE(online["version"].get<std::string>().empty());
  Watcher late(broker.port(), "late");
  ASSERT_TRUE(late.wait_for("online"));
  EXPECT_TRUE(late.last().retain);
  EXPECT_EQ(late.last().qos, 1);

  EXPECT_EQ(millrace.stop(), 0) << millrace.output();
  ASSERT_TRUE(early.wait_for("offline"));
  EXPECT_EQ(json::parse(early.last().payload)["reason"], "stopped");
  Watcher after(broker.port(), "after");
  ASSERT_TRUE(after.wait_for("offline"));
  EXPECT_EQ(after.last().payload, early.last().payload) << "no Will after a goodbye";
}

TEST(StatusTopic, IsOfflineByTheWillAfterAKillAndOnlineAgainAfterwards) {
  Mosquitto broker;
  TempFolder journal;
  auto variables = with_status(broker.url());
  variables["JOURNAL_PATH"] = journal.path().string();
  Watcher watcher(broker.port());
  {
    Program millrace(variables);
    ASSERT_TRUE(watcher.wait_for("online")) << millrace.output();
    millrace.signal(SIGKILL);
    ASSERT_TRUE(watcher.wait_for("offline"));
  }
  EXPECT_EQ(json::parse(watcher.last().payload)["reason"], "gone without a word");
  Watcher late(broker.port(), "late");
  ASSERT_TRUE(late.wait_for("offline")) << "retained, by the broker itself";
  Program again(variables);
  EXPECT_TRUE(watcher.wait_for("online")) << again.output();
  EXPECT_EQ(again.stop(), 0) << again.output();
}

TEST(StatusTopic, SpeaksMqtt311AndOnTheSourcesBrokerWhereResultsGoElsewhere) {
  Mosquitto broker;
  auto variables = with_status(broker.url());
  variables["SOURCE_MQTT_VERSION"] = "3.1.1";
  variables["SINK_URL"] = "stdout:";
  Watcher watcher(broker.port());
  Program millrace(variables);
  ASSERT_TRUE(watcher.wait_for("online")) << millrace.output();
  millrace.signal(SIGKILL);
  EXPECT_TRUE(watcher.wait_for("offline"));
}

// Events of a kilobyte each, of which a fortieth of a second of work is to be done: more than the
// journal holds.
TEST(StatusTopic, SaysThatBackPressureHasPausedIt) {
  Mosquitto broker;
  auto variables = with_status(broker.url());
  variables["PROCESSING_TYPE"] = "square";
  variables["PROCESSING_DELAY"] = "25ms";
  variables["JOURNAL_MAX_BYTES"] = "1MiB";
  Watcher watcher(broker.port());
  MqttPeer peer(broker.port(), "peer");
  peer.subscribe("results");
  Program millrace(variables);
  ASSERT_TRUE(watcher.wait_for("online")) << millrace.output();
  const std::string topic = "events/" + std::string(1000, 't');
  constexpr int kEvents = 1500;
  for (int i = 1; i <= kEvents; ++i) peer.post(topic, std::to_string(i));
  ASSERT_TRUE(watcher.wait_for("paused")) << millrace.output();
  EXPECT_THAT(json::parse(watcher.last().payload)["reason"].get<std::string>(),
              HasSubstr("no room"));
  ASSERT_TRUE(peer.wait_for(kEvents, std::chrono::seconds(120))) << millrace.output();
  EXPECT_TRUE(watcher.wait_for("online"));
  EXPECT_EQ(millrace.stop(), 0) << millrace.output();
}

TEST(StatusTopic, SaysWhichPartIsNotReady) {
  Mosquitto source_broker;
  Mosquitto sink_broker;
  auto variables = with_status(source_broker.url());
  variables["SINK_URL"] = sink_broker.url();
  Watcher watcher(sink_broker.port());
  Program millrace(variables);
  ASSERT_TRUE(watcher.wait_for("online")) << millrace.output();
  source_broker.stop();
  ASSERT_TRUE(watcher.wait_for("offline")) << millrace.output();
  EXPECT_THAT(json::parse(watcher.last().payload)["reason"].get<std::string>(),
              HasSubstr("source: "));
  source_broker.start();
  EXPECT_TRUE(watcher.wait_for("online")) << millrace.output();
  EXPECT_EQ(millrace.stop(), 0);
}

TEST(StatusTopic, SaysItAgainAfterItsConnectionIsLost) {
  Mosquitto broker;
  Watcher watcher(broker.port());
  WireTap tap(broker.port());
  auto variables = with_status(tap.url());
  Program millrace(variables);
  ASSERT_TRUE(watcher.wait_for("online")) << millrace.output();
  tap.cut();
  ASSERT_TRUE(wait_until([&] { return watcher.words().size() >= 3; })) << millrace.output();
  EXPECT_TRUE(watcher.wait_for("online"));
  EXPECT_EQ(watcher.words()[1], "offline") << "by the Will";
  EXPECT_EQ(millrace.stop(), 0);
}

// A broker that lets everything through but the status: nothing of it may reach the pipeline.
TEST(StatusTopic, DisturbsNoEventWhereTheBrokerWillHaveNoneOfIt) {
  Mosquitto broker({.acl = "topic readwrite events/#\ntopic readwrite results\n"});
  MqttPeer peer(broker.port(), "peer");
  peer.subscribe("results");
  Program millrace(with_status(broker.url()));
  ASSERT_TRUE(millrace.wait_until_ready()) << millrace.output();
  ASSERT_TRUE(wait_until([&] {
    return millrace.output().find("no event waits for this") != std::string::npos;
  })) << millrace.output();
  std::vector<std::string> numbers;
  for (int i = 1; i <= 500; ++i) {
    numbers.push_back(std::to_string(i));
    peer.post("events/a", numbers.back());
  }
  ASSERT_TRUE(peer.wait_for(numbers.size())) << millrace.output();
  EXPECT_EQ(peer.payloads(), numbers);
  EXPECT_THAT(millrace.readiness(), HasSubstr("\"ready\": true"));
  EXPECT_EQ(millrace.stop(), 0) << millrace.output();
}

}  // namespace
}  // namespace millrace::test
