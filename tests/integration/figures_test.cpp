// What /metrics and /status say, against what was published, received and seen on the wire.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "asked.hpp"
#include "program.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using ::testing::HasSubstr;

Variables settings(const std::string& url) {
  return {{"SOURCE_URL", url}, {"SOURCE_TOPICS", "events/#"}, {"SINK_TOPIC", "results"}};
}

// Processes that go wrong where an event says so.
Variables with_workers(Variables variables, int workers) {
  variables["PROCESSING_TYPE"] = "exec";
  variables["PROCESSING_COMMAND"] = Json({"python3", MILLRACE_TEST_DATA "/exec/worker.py"}).dump();
  variables["PROCESSING_WORKERS"] = std::to_string(workers);
  variables["PROCESSING_BACKOFF"] = "10ms";
  return variables;
}

std::uint64_t bytes_of(const std::vector<std::string>& payloads) {
  std::uint64_t bytes = 0;
  for (const auto& payload : payloads) bytes += payload.size();
  return bytes;
}

// Publishes what has every fate that an event can have, and knows what has to become of it.
class EveryFate : public ::testing::Test {
 protected:
  EveryFate() {
    auto variables = with_workers(settings(broker_.url()), 3);
    variables["LIMITS_RESULT_BYTES"] = "2MiB";
    millrace_ = std::make_unique<Program>(variables);
  }

  // Ordinary ones first: once the command has answered, what goes wrong is the event's own fault.
  void run() {
    ASSERT_TRUE(millrace_->wait_until_ready()) << millrace_->output();
    results_.subscribe("results");
    letters_.subscribe("millrace/dead");
    for (int i = 0; i < 40; ++i) publish("event " + std::to_string(i));
    ASSERT_TRUE(results_.wait_for(40)) << millrace_->output();
    for (const char* payload :
         {"fail@1", "fail", "reject", "crash@1", "filter", "huge", "fail@2", "reject"}) {
      publish(payload);
    }
    ASSERT_TRUE(results_.wait_for(43)) << millrace_->output();
    ASSERT_TRUE(letters_.wait_for(4)) << millrace_->output();
    // Which of these comes last is open.
    ASSERT_TRUE(wait_until([&] {
      const Json now = status(*millrace_);
      return now["out"]["confirmed"] == published_.size() && now["journal"]["entries"] == 0 &&
             now["worker_restarts"] == 1;
    })) << millrace_->ask("/status");
  }

  void publish(const std::string& payload) {
    results_.publish("events/a", payload);
    published_.push_back(payload);
  }

  BrokerOptions options_{.username = {},
                         .password = {},
                         .acl = {},
                         .config = {"max_packet_size 100000"},
                         .listener_config = {}};
  Mosquitto broker_{options_};
  std::unique_ptr<Program> millrace_;
  MqttPeer results_{broker_.port(), "results"};
  MqttPeer letters_{broker_.port(), "letters"};
  std::vector<std::string> published_;
};

TEST_F(EveryFate, IsCountedInTheStatus) {
  ASSERT_NO_FATAL_FAILURE(run());
  const Json now = status(*millrace_);
  EXPECT_EQ(now["state"], "running");
  EXPECT_EQ(now["live"], true);
  EXPECT_EQ(now["ready"], true);
  EXPECT_EQ(now["health"], Json::parse(millrace_->readiness()));
  EXPECT_EQ(now["in"]["messages"], published_.size());
  EXPECT_EQ(now["in"]["bytes"], bytes_of(published_));
  EXPECT_EQ(now["frames"]["count"], published_.size());
  EXPECT_EQ(now["out"]["results"], results_.count());
  EXPECT_EQ(now["out"]["bytes"], bytes_of(results_.payloads()));
  EXPECT_EQ(now["out"]["dead_letters"], letters_.count());
  EXPECT_EQ(now["out"]["rejected"], 3);
  EXPECT_EQ(now["out"]["failed"], 1);
  EXPECT_EQ(now["out"]["filtered"], 1);
  EXPECT_EQ(now["out"]["dropped"], 0);
  EXPECT_EQ(now["retries"], 6) << "fail@1: 1, fail@2: 2, fail: 2, crash@1: 1";
  EXPECT_EQ(now["worker_restarts"], 1);
  EXPECT_EQ(now["in_flight"], Json({{"events", 0}, {"bytes", 0}}));
  EXPECT_TRUE(now["head_of_line"].is_null());
  EXPECT_GT(now["latency_seconds"]["total"]["max"], 0.0);
  EXPECT_EQ(now["connections"]["source"]["session_present"], false);
  EXPECT_TRUE(now["connections"]["dead_letters"].is_null());
  EXPECT_EQ(millrace_->stop(), 0) << millrace_->output();
}

TEST_F(EveryFate, IsAmongTheLastDeadLettersWithItsCause) {
  ASSERT_NO_FATAL_FAILURE(run());
  Json expected = Json::array();  // newest first
  for (const auto& payload : letters_.payloads()) {
    const Json letter = Json::parse(payload);
    Json known;
    for (const char* key : {"stream", "cause", "attempts"}) known[key] = letter[key];
    known["event"] = letter["id"];
    expected.insert(expected.begin(), known);
  }
  Json said = status(*millrace_)["last_dead_letters"];
  std::multiset<std::string> kinds;
  for (auto& letter : said) {
    kinds.insert(letter["kind"].get<std::string>());
    letter.erase("kind");
    letter.erase("time");
  }
  EXPECT_EQ(said, expected);
  EXPECT_EQ(kinds, (std::multiset<std::string>{"failed", "rejected", "rejected", "rejected"}));
}

TEST_F(EveryFate, IsCountedInTheMetricsToo) {
  ASSERT_NO_FATAL_FAILURE(run());
  const std::string text = millrace_->ask("/metrics");
  const auto count = [&text](const std::string& name) { return metric(text, name); };
  const auto published = static_cast<double>(published_.size());
  EXPECT_EQ(count("millrace_chunks_total"), published);
  EXPECT_EQ(count("millrace_chunk_bytes_total"), static_cast<double>(bytes_of(published_)));
  EXPECT_EQ(count("millrace_frames_total"), published);
  EXPECT_EQ(count(R"(millrace_outcomes_total{kind="result",cause="processor"})"), 43);
  EXPECT_EQ(count(R"(millrace_outcomes_total{kind="rejected",cause="processor"})"), 2);
  EXPECT_EQ(count(R"(millrace_outcomes_total{kind="rejected",cause="receiver"})"), 1);
  EXPECT_EQ(count(R"(millrace_outcomes_total{kind="failed",cause="processor"})"), 1);
  EXPECT_EQ(count(R"(millrace_outcomes_total{kind="filtered",cause="processor"})"), 1);
  EXPECT_EQ(count("millrace_result_bytes_total"),
            static_cast<double>(bytes_of(results_.payloads())));
  EXPECT_EQ(count(R"(millrace_dead_letters_total{kind="rejected"})"), 3);
  EXPECT_EQ(count(R"(millrace_dead_letters_total{kind="failed"})"), 1);
  EXPECT_EQ(count("millrace_retries_total"), 6);
  EXPECT_EQ(count("millrace_worker_restarts_total"), 1);
  EXPECT_EQ(count("millrace_event_seconds_count"), published);
  EXPECT_EQ(count(R"(millrace_stage_seconds_count{stage="order"})"), published);
  EXPECT_EQ(count("millrace_append_seconds_count"), published);
  EXPECT_EQ(count("millrace_in_flight_events"), 0);
  EXPECT_EQ(count("millrace_journal_entries"), 0);
  EXPECT_EQ(count(R"(millrace_connection_ok{end="source"})"), 1);
  EXPECT_EQ(count(R"(millrace_connection_ok{end="sink"})"), 1);
  EXPECT_EQ(count("millrace_ready"), 1);
  EXPECT_EQ(promtool_says(text), "");
}

TEST(Figures, NameTheEventThatHoldsTheOthersUp) {
  Mosquitto broker;
  Program millrace(with_workers(settings(broker.url()), 2));
  ASSERT_TRUE(millrace.wait_until_ready()) << millrace.output();
  MqttPeer peer(broker.port(), "peer");
  peer.subscribe("results");
  peer.publish("events/a", "before");
  ASSERT_TRUE(peer.wait_for(1)) << millrace.output();
  peer.publish("events/a", "hang");
  std::vector<std::string> behind;
  for (int i = 0; i < 10; ++i) behind.push_back("event " + std::to_string(i));
  for (const auto& payload : behind) peer.publish("events/a", payload);
  Json now;
  ASSERT_TRUE(wait_until([&] {
    now = status(millrace);
    return now["head_of_line"].is_object() && now["head_of_line"]["results_waiting"] == 10;
  })) << now;
  const Json& head = now["head_of_line"];
  EXPECT_EQ(head["number"], 1);
  EXPECT_THAT(head["event"].get<std::string>(), ::testing::MatchesRegex("[0-9a-f]{8}-1\\.0"));
  EXPECT_EQ(head["stage"], "working");
  EXPECT_EQ(head["bytes_waiting"], bytes_of(behind));
  EXPECT_GT(head["seconds_lost"], 0.0);
  EXPECT_EQ(now["in_flight"], Json({{"events", 11}, {"bytes", bytes_of(behind) + 4}}));
  const auto& worker = now["workers"][head["worker"].get<std::size_t>()];
  EXPECT_EQ(worker["event"], head["event"]);
  EXPECT_EQ(worker["attempt"], 1);
  const std::string text = millrace.ask("/metrics");
  EXPECT_EQ(metric(text, R"(millrace_head_of_line_stage{stage="working"})"), 1);
  EXPECT_EQ(metric(text, "millrace_head_of_line_results_waiting"), 10);
  EXPECT_GE(metric(text, "millrace_head_of_line_age_seconds"), head["age_seconds"]);
  EXPECT_EQ(peer.count(), 1U);
  millrace.signal(SIGKILL);
}

// How often a client connected after the first time.
std::size_t reconnects(const WireTap& tap) {
  const auto packets = tap.packets();
  const auto all = std::count_if(packets.begin(), packets.end(), [](const Packet& packet) {
    return packet.type == PacketType::connect;
  });
  return static_cast<std::size_t>(all) - 1;
}

TEST(Figures, TellOfPausesAndReconnects) {
  constexpr std::size_t kEvents = 6000;
  Mosquitto broker;
  WireTap source_tap(broker.port());
  WireTap sink_tap(broker.port());
  auto variables = settings(source_tap.url());
  variables["SINK_URL"] = sink_tap.url();
  variables["JOURNAL_MAX_BYTES"] = "2MiB";
  Program millrace(variables);
  ASSERT_TRUE(millrace.wait_until_ready()) << millrace.output();
  MqttPeer observer(broker.port(), "observer");
  observer.subscribe("results");
  sink_tap.refuse(true);
  sink_tap.cut();
  const std::string payload(1000, '.');
  MqttPeer publisher(broker.port(), "publisher");
  for (std::size_t i = 0; i < kEvents; ++i) publisher.post("events/a", payload);
  ASSERT_TRUE(publisher.flush(60s));
  Json now;
  ASSERT_TRUE(wait_until([&] {
    now = status(millrace);
    return now["pauses"]["now"] == true && now["in_flight"]["events"] == 64 &&
           now["head_of_line"]["stage"] == "confirming";
  })) << now;
  EXPECT_EQ(now["state"], "paused");
  EXPECT_EQ(now["ready"], false);
  EXPECT_EQ(now["pauses"]["count"], 1);
  EXPECT_EQ(now["in_flight"]["bytes"], 64 * payload.size());
  EXPECT_EQ(now["connections"]["sink"]["connected"], false);
  EXPECT_EQ(now["connections"]["source"]["reason"], "paused");
  EXPECT_EQ(metric(millrace.ask("/metrics"), "millrace_paused"), 1);
  sink_tap.refuse(false);
  ASSERT_TRUE(wait_until([&] { return status(millrace)["out"]["confirmed"] == kEvents; }, 60s))
      << millrace.output();
  now = status(millrace);
  EXPECT_EQ(now["in"]["messages"], kEvents);
  EXPECT_EQ(now["in"]["bytes"], kEvents * payload.size());
  EXPECT_EQ(now["pauses"]["now"], false);
  EXPECT_EQ(now["pauses"]["count"], reconnects(source_tap)) << "nothing else ends that connection";
  EXPECT_GT(now["pauses"]["seconds"], 0.0);
  EXPECT_EQ(now["connections"]["source"]["reconnects"], reconnects(source_tap));
  EXPECT_EQ(now["connections"]["source"]["session_present"], true);
  EXPECT_EQ(now["connections"]["sink"]["reconnects"], 1);
  EXPECT_EQ(millrace.stop(), 0) << millrace.output();
}

}  // namespace
}  // namespace millrace::test
