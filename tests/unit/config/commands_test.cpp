// check, print-config and schema, as they are typed.
#include <gmock/gmock.h>

#include <sstream>

#include "commands/check.hpp"
#include "commands/print_config.hpp"
#include "commands/schema.hpp"
#include "config/load.hpp"
#include "config/markdown.hpp"
#include "config/schema_text.hpp"

namespace millrace {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Config loaded(std::vector<std::string> set) {
  ConfigInputs inputs;
  inputs.set = std::move(set);
  return load_config(inputs);
}

TEST(Check, SaysOkInOneLine) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(check(loaded({}), out, err), 0);
  EXPECT_EQ(out.str(), "ok\n");
  EXPECT_EQ(err.str(), "");
}

TEST(Check, WarnsOnStandardError) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(check(loaded({"source.topics=$share/g/a"}), out, err), 0);
  EXPECT_EQ(out.str(), "ok\n");
  EXPECT_THAT(err.str(), StartsWith("warning: source.topics: \"$share/g/a\" is a shared"));
}

TEST(Check, EndsAsConnectingEnds) {
  std::ostringstream out;
  std::ostringstream err;
  std::string asked;
  const auto connect = [&asked](const Config& config) {
    asked = config.sink.url;
    return 1;
  };
  EXPECT_EQ(check(loaded({"sink.url=mqtt://other"}), out, err, connect), 1);
  EXPECT_EQ(asked, "mqtt://other");
  EXPECT_EQ(out.str(), "");
}

TEST(PrintConfig, PrintsAValueALineAsItIsInEffect) {
  std::ostringstream out;
  EXPECT_EQ(print_config(loaded({"source.url=mqtt://b", "source.mqtt_version=4"}), out), 0);
  EXPECT_THAT(out.str(), StartsWith("source.url = \"mqtt://b\"  # MILLRACE_SOURCE_URL\n"
                                    "source.topics = [\"events/#\"]  # MILLRACE_SOURCE_TOPICS\n"));
  EXPECT_THAT(out.str(), HasSubstr("\nsource.mqtt_version = \"3.1.1\"  # MILLRACE_SOURCE_"));
  EXPECT_THAT(out.str(), HasSubstr("\nsource.password = \"\"  # MILLRACE_SOURCE_PASSWORD\n"));
  EXPECT_THAT(out.str(), HasSubstr("\nsink.url = \"mqtt://b\"  # MILLRACE_SINK_URL\n"));
  EXPECT_THAT(out.str(), HasSubstr("\nlimits.in_flight_bytes = \"64MiB\"  # MILLRACE_LIMITS_IN_"));
}

TEST(SchemaCommand, PrintsTheSchemaOrTheTable) {
  std::ostringstream json;
  EXPECT_EQ(schema({}, json), 0);
  EXPECT_EQ(json.str(), schema_text());
  std::ostringstream table;
  EXPECT_EQ(schema({true}, table), 0);
  EXPECT_EQ(table.str(), schema_markdown());
}

TEST(Warnings, AreNoneForTheDefaults) {
  EXPECT_THAT(warnings(loaded({})), IsEmpty());
}

TEST(Warnings, SayWhatOverlappingFiltersCost) {
  EXPECT_THAT(warnings(loaded({"source.topics=a/#,b,a/+"})),
              ElementsAre("source.topics: \"a/#\" and \"a/+\" overlap: the broker may send an "
                          "event that both match twice, and it is processed twice"));
}

TEST(Warnings, SayWhatASharedSubscriptionCosts) {
  EXPECT_THAT(warnings(loaded({"source.topics=$share/g/a"})),
              ElementsAre(HasSubstr("results are in no order")));
}

TEST(Warnings, TellOfAPasswordInClearText) {
  EXPECT_THAT(warnings(loaded({"source.url=mqtt://far", "source.username=a", "source.password=b",
                               "sink.url=stdout:"})),
              ElementsAre("source.password: travels in clear text to far; mqtts:// encrypts it"));
  EXPECT_THAT(warnings(loaded({"source.url=mqtt://far", "source.username=a", "source.password=b"})),
              ElementsAre(StartsWith("source.password: ")));
  EXPECT_THAT(warnings(loaded({"source.url=mqtt://far", "source.username=a", "source.password=b",
                               "sink.url=mqtt://off", "sink.username=a", "sink.password=b"})),
              ElementsAre(StartsWith("source.password: "), StartsWith("sink.password: ")));
  EXPECT_THAT(warnings(loaded({"source.username=a", "source.password=b"})), IsEmpty());
}

TEST(Warnings, TellOfASessionThatEndsSoon) {
  EXPECT_THAT(warnings(loaded({"source.session_expiry=30s"})),
              ElementsAre(StartsWith("source.session_expiry = 30s: ")));
  EXPECT_THAT(
      warnings(loaded({"source.session_expiry=30s", "source.url=generate:", "sink.url=stdout:"})),
      IsEmpty());
}

TEST(Warnings, TellOfADedupeWindowThatNothingFills) {
  EXPECT_THAT(warnings(loaded({"source.dedupe.window=2000"})),
              ElementsAre("source.dedupe.window: has no effect, source.dedupe.key is empty"));
  EXPECT_THAT(warnings(loaded({"source.dedupe.key=property:n", "source.mqtt_version=3.1.1"})),
              ElementsAre("source.dedupe.key = \"property:n\": has no effect, only MQTT 5 has user "
                          "properties"));
  EXPECT_THAT(warnings(loaded({"source.dedupe.key=property:n"})), IsEmpty());
  EXPECT_THAT(warnings(loaded(
                  {"source.dedupe.key=pointer:/n", "source.url=generate:", "sink.url=stdout:"})),
              IsEmpty());
}

TEST(Warnings, TellOfAKeyThatNothingOrders) {
  EXPECT_THAT(warnings(loaded({"processing.key=property:n"})),
              ElementsAre("processing.key: has no effect, processing.order is global and not key"));
  EXPECT_THAT(warnings(loaded({"processing.key=property:n", "processing.order=key"})), IsEmpty());
  EXPECT_THAT(warnings(loaded({"processing.key=property:n", "processing.order=key",
                               "source.mqtt_version=3.1.1"})),
              ElementsAre("processing.key = \"property:n\": only MQTT 5 has user properties, so "
                          "every event goes by its topic or connection"));
}

TEST(Warnings, TellOfValuesWithoutEffect) {
  EXPECT_THAT(warnings(loaded(
                  {"processing.delay=1s", "processing.algorithm=md5", "processing.emit=payload"})),
              ElementsAre(StartsWith("processing.delay: has no effect"),
                          StartsWith("processing.algorithm: has no effect"),
                          StartsWith("processing.emit: has no effect")));
  EXPECT_THAT(warnings(loaded({"processing.command=cat", "processing.limits.cpu=1s",
                               "processing.limits.memory=1GiB"})),
              ElementsAre(StartsWith("processing.command: has no effect"),
                          StartsWith("processing.limits.cpu: has no effect"),
                          StartsWith("processing.limits.memory: has no effect")));
  EXPECT_THAT(warnings(loaded({"processing.type=square", "processing.delay=1s"})), IsEmpty());
  EXPECT_THAT(warnings(loaded({"processing.type=square", "processing.delay=30s"})),
              ElementsAre(StartsWith("processing.delay = 30s: no attempt ends within")));
  EXPECT_THAT(warnings(loaded({"processing.workers=65"})),
              ElementsAre(StartsWith("processing.workers = 65: at most limits.in_flight = 64")));
}

TEST(Warnings, TellOfACommandThatCannotBeStartedNow) {
  const auto of = [](const std::string& command) {
    return warnings(loaded({"processing.type=exec", "processing.command=" + command}));
  };
  EXPECT_THAT(of("cat"), IsEmpty());
  EXPECT_THAT(of("/bin/cat,-u"), IsEmpty());
  EXPECT_THAT(of("no-such-program"),
              ElementsAre("processing.command: \"no-such-program\" is not in PATH; until it can be "
                          "started events wait, and /readyz says so"));
  EXPECT_THAT(
      of("python3 worker.py"),
      ElementsAre(EndsWith("; arguments are items of their own, such as python3,worker.py")));
  EXPECT_THAT(of("./no-such-program"), ElementsAre(HasSubstr(" does not exist; ")));
  EXPECT_THAT(of("/bin"), ElementsAre(HasSubstr(" cannot be executed; ")));
  EXPECT_THAT(of(MILLRACE_SOURCE_DIR "/config/schema.json"),
              ElementsAre(HasSubstr(" cannot be executed; ")));
}

}  // namespace
}  // namespace millrace
