// `millrace dead-letters replay` between a real broker, real letters and an independent observer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <sstream>

#include "net/mqtt_publisher.hpp"
#include "pipeline/task_thread.hpp"
#include "program.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Replay : public testing::Test {
 protected:
  void write(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + '\n';
    file_ = folder_.write("letters", text);
  }

  // What it printed; `code_` is its exit code.
  std::string replay(const std::vector<std::string>& options, const Variables& more = {}) {
    Variables variables{{"SOURCE_URL", broker_.url()}, {"SOURCE_TOPICS", "in/#"}};
    for (const auto& [name, value] : more) variables[name] = value;
    std::vector<std::string> arguments{"dead-letters", "replay", file_};
    arguments.insert(arguments.end(), options.begin(), options.end());
    Program program(variables, arguments);
    code_ = program.wait().value_or(-1);
    return program.output();
  }

  static std::string letter(const std::string& id, const std::string& stream,
                            const std::string& payload) {
    return R"({"id": ")" + id + R"(", "stream": ")" + stream +
           R"(", "cause": "why", "attempts": 1, "time": "2026-01-31T12:00:00.123Z", "payload": ")" +
           payload + R"(", "encoding": "utf8", "properties": {"user": []}})";
  }

  Mosquitto broker_;
  TempFolder folder_;
  std::string file_;
  int code_ = -1;
};

TEST_F(Replay, PublishesTheOriginalsOfARealRunAgainEveryByteAndProperty) {
  MqttPeer watcher(broker_.port(), "watcher");
  watcher.subscribe("millrace/dead");
  Properties properties;
  properties.content_type = "text/odd";
  properties.correlation_data = std::string("\x00\xff", 2);
  properties.response_topic = "answers/here";
  properties.message_expiry = 3600;
  properties.user = {{"k", "2"}, {"k", "1"}, {"ü", ""}};
  const std::string binary("\x00\xff\n", 3);
  {
    Program millrace({{"SOURCE_URL", broker_.url()},
                      {"SOURCE_TOPICS", "in/#"},
                      {"SINK_TOPIC", "results"},
                      {"PROCESSING_TYPE", "square"}});
    ASSERT_TRUE(millrace.wait_until_ready()) << millrace.output();
    MqttPeer producer(broker_.port(), "producer");
    producer.publish("in/a", "three", 1, false, properties);
    producer.publish("in/ü b", binary);
    producer.publish("in/a", "");
    ASSERT_TRUE(watcher.wait_for(3));
    EXPECT_EQ(millrace.stop(), 0);
  }
  write(watcher.payloads());
  MqttPeer observer(broker_.port(), "observer");
  observer.subscribe("in/#");

  const std::string shown = replay({});
  EXPECT_EQ(code_, 0) << shown;
  EXPECT_THAT(shown, HasSubstr(" to in/a, 5 bytes, 3 user properties (square: payload is not"));
  EXPECT_THAT(shown, HasSubstr("3 letters for 2 topics of " + broker_.url() +
                               "; nothing is published without --publish\n"));

  EXPECT_EQ(replay({"--publish"}), "");
  EXPECT_EQ(code_, 0);
  ASSERT_TRUE(observer.wait_for(3));
  const auto messages = observer.messages();
  ASSERT_EQ(messages.size(), 3U);  // not six: nothing had been published before
  EXPECT_EQ(messages[0].topic, "in/a");
  EXPECT_EQ(messages[0].payload, "three");
  EXPECT_EQ(messages[0].qos, 1);
  EXPECT_FALSE(messages[0].retain);
  EXPECT_EQ(messages[0].properties.content_type, properties.content_type);
  EXPECT_EQ(messages[0].properties.correlation_data, properties.correlation_data);
  EXPECT_EQ(messages[0].properties.response_topic, properties.response_topic);
  EXPECT_EQ(messages[0].properties.user, properties.user);
  ASSERT_TRUE(messages[0].properties.message_expiry);
  EXPECT_NEAR(*messages[0].properties.message_expiry, 3600, 60);
  EXPECT_EQ(messages[1].topic, "in/ü b");
  EXPECT_EQ(messages[1].payload, binary);
  EXPECT_THAT(messages[1].properties.user, IsEmpty());
  EXPECT_EQ(messages[2].payload, "");
}

TEST_F(Replay, NamesBadLinesByTheirNumberAndPublishesTheOthersInOrder) {
  auto large = letter("e", "in/a", "");
  large.replace(large.find(R"("payload": "")"), 13, R"("payload": null, "bytes": 1048577)");
  write({letter("a", "in/a", "1"), "millrace/dead {}", "{\"id\": \"b\"", letter("c", "out/a", "x"),
         "", letter("d", "in/#", "x"), large, letter("f", "in/b", "2")});
  MqttPeer observer(broker_.port(), "observer");
  observer.subscribe("#");
  const std::string said = replay({"--publish"});
  EXPECT_EQ(code_, 1);
  std::vector<std::string> lines;
  std::istringstream text(said);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  EXPECT_THAT(
      lines,
      ElementsAre("line 2: must be a JSON object, as mosquitto_sub prints it without -v",
                  StartsWith("line 3: column 11: not valid JSON"),
                  "line 4: c: stream \"out/a\" is no topic that source.topics subscribes to, so "
                  "nothing came from there",
                  "line 6: d: stream \"in/#\" is no topic that can be published to",
                  "line 7: holds no payload: it had 1048577 bytes, too many for the letter"))
      << said;
  ASSERT_TRUE(observer.wait_for(2));
  EXPECT_THAT(observer.payloads(), ElementsAre("1", "2"));
}

TEST_F(Replay, ReadsStandardInputAsItComes) {
  MqttPeer observer(broker_.port(), "observer");
  observer.subscribe("in/#");
  const std::string pipe = (folder_.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  Launch launch;
  launch.wrapper = {"sh", "-c", "exec \"$0\" \"$@\" < " + pipe};
  Program program({{"SOURCE_URL", broker_.url()}, {"SOURCE_TOPICS", "in/#"}},
                  {"dead-letters", "replay", "-", "--publish"}, launch);
  std::ofstream letters(pipe);
  letters << letter("a", "in/a", "1") << std::endl;
  ASSERT_TRUE(observer.wait_for(1));
  letters << letter("b", "in/a", "2") << std::endl;
  letters.close();
  EXPECT_EQ(program.wait(), 0);
  EXPECT_EQ(program.output(), "");
  ASSERT_TRUE(observer.wait_for(2));
  EXPECT_THAT(observer.payloads(), ElementsAre("1", "2"));
}

TEST_F(Replay, NamesWhatTheBrokerRefuses) {
  BrokerOptions options;
  options.acl = "topic readwrite in/open\ntopic read in/#\n";
  Mosquitto strict(options);
  // Mosquitto 2.0.11 closes the connection after each: ten times in a row is no taking over.
  std::vector<std::string> letters(10, letter("a", "in/shut", "1"));
  letters.push_back(letter("b", "in/open", "2"));
  write(letters);
  const auto said = replay({"--publish"}, {{"SOURCE_URL", strict.url()}});
  EXPECT_EQ(code_, 1);
  std::string expected;
  for (int i = 1; i <= 10; ++i) {
    expected += "line " + std::to_string(i) + ": the broker refuses it: not authorized (0x87)\n";
  }
  EXPECT_EQ(said, expected);
}

TEST_F(Replay, GetsEverythingThroughALostConnection) {
  std::vector<std::string> letters;
  for (int i = 0; i < 500; ++i) letters.push_back(letter("a", "in/a", std::to_string(i)));
  write(letters);
  MqttPeer observer(broker_.port(), "observer");
  observer.subscribe("in/#");
  int confirmed = 0;
  WireTap tap(broker_.port());
  tap.intercept([&confirmed](const Packet& packet) {
    const bool cut = packet.type == PacketType::puback && ++confirmed == 100;
    return cut ? WireTap::Action::cut : WireTap::Action::pass;
  });
  Variables variables{{"SOURCE_URL", "mqtt://127.0.0.1:" + std::to_string(tap.port())},
                      {"SOURCE_TOPICS", "in/#"}};
  Program program(variables, {"dead-letters", "replay", file_, "--publish"});
  EXPECT_EQ(program.wait(), 0) << program.output();
  std::vector<std::string> first;
  for (const auto& payload : observer.payloads()) {
    if (std::find(first.begin(), first.end(), payload) == first.end()) first.push_back(payload);
  }
  EXPECT_GT(observer.count(), 500U) << "what was cut off has not been sent again";
  ASSERT_EQ(first.size(), 500U);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(first[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST(MqttPublisher, GivesUpWhereNoAnswerComes) {
  Mosquitto broker;
  WireTap tap(broker.port());
  tap.intercept([](const Packet& packet) {
    const bool answer = packet.type == PacketType::puback;
    return answer ? WireTap::Action::drop : WireTap::Action::pass;
  });
  EndpointConfig endpoint;
  endpoint.url = tap.url();
  endpoint.client_id = "publisher";
  TaskThread control("control");
  Observer silent;
  std::atomic<int> answers = 0;
  MqttPublisher publisher(make_mqtt_options(endpoint, std::chrono::seconds(0), End::source),
                          control, silent, [&](const PublishAnswer&) { ++answers; });
  EXPECT_EQ(publisher.publish(1, "in/a", "1", {}, kPatience), "");
  EXPECT_EQ(publisher.finish(std::chrono::seconds(2)), "no answer for 2 s");
  EXPECT_EQ(answers, 0);
}

TEST_F(Replay, EndsWithOneLineWhereNobodyListens) {
  write({letter("a", "in/a", "1")});
  const std::string url = broker_.url();
  broker_.stop();
  const auto said = replay({"--publish"}, {{"SOURCE_URL", url}});
  EXPECT_EQ(code_, 1);
  EXPECT_EQ(said,
            "millrace: cannot connect to " + url + " (no answer there); 0 published, 0 not\n");
}

TEST_F(Replay, IsRefusedWhereNothingCanBePublishedAgain) {
  write({letter("a", "in/a", "1")});
  EXPECT_EQ(
      replay({}, {{"SOURCE_URL", "tcp-listen://127.0.0.1:8000"}, {"SINK_URL", "stdout:"}}),
      "millrace: source.url is tcp-listen://127.0.0.1:8000: only what came from an MQTT broker "
      "can be published again\n");
  EXPECT_EQ(code_, 2);
  file_ = folder_.path().string();
  EXPECT_THAT(replay({}), HasSubstr("must be a file that can be read, or - for standard input"));
  EXPECT_EQ(code_, 2);
}

TEST_F(Replay, WarnsWhereTheEventsWouldBeTakenForRepeats) {
  write({});
  EXPECT_THAT(replay({"--publish"}, {{"SOURCE_DEDUPE_KEY", "property:name"}}),
              StartsWith("warning: source.dedupe is on: "));
  EXPECT_EQ(code_, 0);
}

}  // namespace
}  // namespace millrace::test
