#include "config/load.hpp"

#include <gmock/gmock.h>

#include "config/document.hpp"
#include "inputs.hpp"

namespace millrace::test {
namespace {

using testing::ElementsAre;

Config load_text(const char* json) {
  const TempFolder folder;
  return load_config(inputs_of(nlohmann::ordered_json::parse(json), folder));
}

TEST(LoadConfig, TakesTheDefaultsWhereNothingIsGiven) {
  const Config config = load_config({});
  EXPECT_EQ(config.source.url, "mqtt://localhost:1883");
  EXPECT_THAT(config.source.topics, ElementsAre("events/#"));
  EXPECT_EQ(config.sink.topic, "results");
  EXPECT_EQ(config.processing.workers, 5U);
  EXPECT_EQ(config.journal.durability, Durability::process);
}

TEST(LoadConfig, PrefersTheCommandLineToTheEnvironmentToTheFileToTheDefault) {
  const char* const file = R"({"processing": {"workers": 2, "attempts": 2, "backoff": "2s"}})";
  const TempFolder folder;
  ConfigInputs inputs;
  inputs.file = folder.write("config.json", file);
  inputs.environment = {{"MILLRACE_PROCESSING_WORKERS", "3"},
                        {"MILLRACE_PROCESSING_ATTEMPTS", "3"}};
  inputs.set = {"processing.workers=4"};
  const Config config = load_config(inputs);
  EXPECT_EQ(config.processing.workers, 4U);
  EXPECT_EQ(config.processing.attempts, 3U);
  EXPECT_EQ(config.processing.backoff, std::chrono::seconds(2));
  EXPECT_EQ(config.processing.backoff_max, std::chrono::seconds(10));
}

TEST(LoadConfig, PrefersPartsToTheFileAndLaterOnesToEarlierOnes) {
  const TempFolder folder;
  ConfigInputs inputs;
  inputs.file = folder.write("config.json",
                             R"({"processing": {"workers": 2, "attempts": 2, "timeout": "2s"}})");
  inputs.parts = {
      {"first", R"({"processing": {"workers": 3, "attempts": 3}, "source": {"qos": 0}})"},
      {"second", R"({"processing": {"workers": 4}})"}};
  inputs.environment = {{"MILLRACE_SOURCE_QOS", "1"}};
  const Config config = load_config(inputs);
  EXPECT_EQ(config.processing.workers, 4U);
  EXPECT_EQ(config.processing.attempts, 3U);
  EXPECT_EQ(config.processing.timeout, std::chrono::seconds(2));
  EXPECT_EQ(config.source.qos, 1);
}

TEST(LoadConfig, NamesThePartThatAMistakeIsIn) {
  ConfigInputs inputs;
  inputs.parts = {{"cases.json override", R"({"source": {"qos": 7}})"}};
  try {
    (void)load_config(inputs);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("source.qos = 7 (cases.json override)"));
  }
}

TEST(ParseDocument, KnowsTheLinesOfKeysAndOfObjectsInLists) {
  const Document document = parse_document(R"({
  "a": [
    {"b": 1,
     "c": [[], {"d": [2]}]},
    3, "x", {
      "b": [4]
    }
  ],
  "e": {"a": 5}})",
                                           "name");
  const std::map<std::string, int> lines{
      {"a", 2},           {"a[0]", 3}, {"a[0].b", 3}, {"a[0].c", 4}, {"a[0].c[1]", 4},
      {"a[0].c[1].d", 4}, {"a[3]", 5}, {"a[3].b", 6}, {"e", 9},      {"e.a", 9}};
  EXPECT_EQ(document.lines, lines);
}

TEST(LoadConfig, LetsTheLastOfTwoAssignmentsWin) {
  EXPECT_EQ(load_text(R"({"set": ["source.qos=0", "source.qos=1"]})").source.qos, 1);
}

TEST(LoadConfig, CaresNotForABadValueThatIsOverridden) {
  EXPECT_EQ(load_text(R"({"config": {"source": {"qos": 7}}, "set": ["source.qos=0"]})").source.qos,
            0);
}

TEST(LoadConfig, ReadsTheFileThatTheEnvironmentNames) {
  const auto config = load_text(R"({"files": {"a.json": "{\"source\": {\"qos\": 0}}"},
                                 "env": {"MILLRACE_CONFIG": "{dir}/a.json"}})");
  EXPECT_EQ(config.source.qos, 0);
}

TEST(LoadConfig, PrefersTheFileOfTheCommandLineAndReadsNoOther) {
  const auto config =
      load_text(R"({"files": {"a.json": "{\"source\": {\"qos\": 0}}", "b.json": "{}"},
                                 "env": {"MILLRACE_CONFIG": "{dir}/a.json"},
                                 "file": "{dir}/b.json"})");
  EXPECT_EQ(config.source.qos, 1);
}

TEST(LoadConfig, ReadsListsWithCommasOrAsJson) {
  EXPECT_THAT(load_text(R"({"env": {"MILLRACE_SOURCE_TOPICS": "a/#, b/+"}})").source.topics,
              ElementsAre("a/#", "b/+"));
  EXPECT_THAT(
      load_text(R"({"env": {"MILLRACE_SOURCE_TOPICS": "[\"a,b\", \" c\"]"}})").source.topics,
      ElementsAre("a,b", " c"));
  EXPECT_THAT(load_text(R"({"set": ["source.topics=a/#"]})").source.topics, ElementsAre("a/#"));
}

TEST(LoadConfig, ReadsObjectsAsJsonAndLetsTheirOwnVariablesWin) {
  const auto config = load_text(R"({"env": {
    "MILLRACE_SOURCE_RECONNECT": "{\"min\": \"1s\", \"max\": \"2s\"}",
    "MILLRACE_SOURCE_RECONNECT_MAX": "3s",
    "MILLRACE_SINK": "{\"reconnect\": {\"min\": \"50ms\"}}"}})");
  EXPECT_EQ(config.source.reconnect.min, std::chrono::seconds(1));
  EXPECT_EQ(config.source.reconnect.max, std::chrono::seconds(3));
  EXPECT_EQ(config.sink.reconnect.min, std::chrono::milliseconds(50));
}

TEST(LoadConfig, ReadsTheDedupeWindowAsAnObject) {
  const auto config = load_text(R"({"env": {
    "MILLRACE_SOURCE_DEDUPE": "{\"key\": \"pointer:/a~1b/0\", \"window\": 5000}"}})");
  EXPECT_EQ(config.source.dedupe, (DedupeConfig{"pointer:/a~1b/0", 5000}));
}

TEST(LoadConfig, ReadsASecretFromAFileAndDropsOneNewline) {
  const auto config = load_text(R"({"files": {"user": "joe", "password": " p w\n\n"}, "env": {
    "MILLRACE_SOURCE_USERNAME_FILE": "{dir}/user",
    "MILLRACE_SOURCE_PASSWORD_FILE": "{dir}/password"}})");
  EXPECT_EQ(config.source.username, "joe");
  EXPECT_EQ(config.source.password, " p w\n");
}

TEST(LoadConfig, PassesOverWhatKubernetesInjectsAndWhatIsNotOurs) {
  ConfigInputs inputs;
  inputs.environment = {{"MILLRACE_SERVICE_HOST", "10.0.0.1"},
                        {"MILLRACE_SERVICE_PORT_HTTP", "9464"},
                        {"MILLRACE_PORT", "tcp://10.0.0.1:9464"},
                        {"MILLRACE_PORT_9464_TCP_ADDR", "10.0.0.1"},
                        {"MILLRACERS", "x"},
                        {"PATH", "/bin"}};
  EXPECT_EQ(load_config(inputs), load_config({}));
}

TEST(LoadConfig, TakesTheEnvironmentOfAProcess) {
  const char* const variables[] = {"PATH=/bin", "MILLRACE_SINK_TOPIC=a=b", "MILLRACE_X", nullptr};
  EXPECT_THAT(read_environment(variables),
              ElementsAre(testing::Pair("MILLRACE_SINK_TOPIC", "a=b")));
}

TEST(LoadConfig, KnowsMqtt311ByBothNamesFromEverywhere) {
  EXPECT_EQ(load_text(R"({"config": {"source": {"mqtt_version": "3.1.1"}}})").source.mqtt_version,
            4);
  EXPECT_EQ(load_text(R"({"config": {"source": {"mqtt_version": 4}}})").source.mqtt_version, 4);
  EXPECT_EQ(load_text(R"({"env": {"MILLRACE_SOURCE_MQTT_VERSION": "3.1.1"}})").source.mqtt_version,
            4);
  EXPECT_EQ(load_text(R"({"set": ["source.mqtt_version=4"]})").source.mqtt_version, 4);
  EXPECT_EQ(load_text(R"({"set": ["source.mqtt_version=5"]})").source.mqtt_version, 5);
}

TEST(LoadConfig, ReadsSizesWithUnitsAndInBytes) {
  EXPECT_EQ(load_text(R"({"config": {"limits": {"frame_bytes": 4096}}})").limits.frame_bytes,
            4096U);
  EXPECT_EQ(load_text(R"({"set": ["limits.frame_bytes=4096"]})").limits.frame_bytes, 4096U);
  EXPECT_EQ(load_text(R"({"set": ["limits.frame_bytes=4KiB"]})").limits.frame_bytes, 4096U);
}

TEST(LoadConfig, SurvivesAMegabyteOfDigits) {
  // std::regex, which matches the schema's patterns, recurses for each character.
  ConfigInputs inputs;
  inputs.set = {"limits.drain=" + std::string(1U << 20, '0') + "1s"};
  EXPECT_THROW(static_cast<void>(load_config(inputs)), ConfigError);
}

TEST(LoadConfig, RefusesTextThatIsNotUtf8) {
  ConfigInputs inputs;
  inputs.environment = {{"MILLRACE_SINK_TOPIC", "caf\xe9"}};
  EXPECT_THROW(static_cast<void>(load_config(inputs)), ConfigError);
  inputs = {};
  inputs.set = {"sink.topic=caf\xe9"};
  EXPECT_THROW(static_cast<void>(load_config(inputs)), ConfigError);
}

}  // namespace
}  // namespace millrace::test
