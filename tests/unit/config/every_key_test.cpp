// What holds for every value of the schema.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "config/binding.hpp"
#include "config/enum_names.hpp"
#include "config/listing.hpp"
#include "config/markdown.hpp"
#include "config/schema.hpp"
#include "config/schema_text.hpp"
#include "config/url.hpp"
#include "inputs.hpp"

namespace millrace::test {
namespace {

using Json = nlohmann::json;

// A value other than the default, and what else must be said for it to be allowed.
struct Other {
  Json value;
  std::vector<std::string> set;
};

const std::string kAnyFile = MILLRACE_SOURCE_DIR "/config/schema.json";

const std::map<std::string, Other>& special() {
  static const std::map<std::string, Other> kSpecial{
      {"source.url", {"mqtt://other", {}}},
      {"source.mqtt_version", {"3.1.1", {}}},
      {"sink.mqtt_version", {"3.1.1", {}}},
      {"sink.url", {"stdout:", {}}},
      {"source.dedupe.key", {"property:n", {}}},
      {"source.dedupe.window", {2000, {}}},
      {"source.partition.count", {16, {"source.partition.indices=0"}}},
      {"source.partition.indices", {{1, 15}, {"source.partition.count=16"}}},
      {"source.partition.key", {"property:n", {}}},
      {"framing.type", {"lines", {}}},
      {"framing.header.format",
       {">H", {"framing.type=length_prefixed", "framing.header.fields=length"}}},
      {"framing.header.fields",
       {{"length"}, {"framing.type=length_prefixed", "framing.header.format=>H"}}},
      {"processing.type", {"square", {}}},
      {"processing.command", {{"cat", "-u"}, {}}},
      {"processing.order", {"key", {}}},
      {"processing.key", {"property:n", {}}},
      {"limits.frame_bytes", {"2MiB", {}}},
      {"source.tls.ca", {kAnyFile, {"source.url=mqtts://b"}}},
      {"source.tls.cert", {kAnyFile, {"source.url=mqtts://b", "source.tls.key=" + kAnyFile}}},
      {"source.tls.key", {kAnyFile, {"source.url=mqtts://b", "source.tls.cert=" + kAnyFile}}},
      {"source.tls.key_passphrase",
       {"x",
        {"source.url=mqtts://b", "source.tls.cert=" + kAnyFile, "source.tls.key=" + kAnyFile}}},
      {"sink.tls.ca", {kAnyFile, {"sink.url=mqtts://b"}}},
      {"sink.tls.cert", {kAnyFile, {"sink.url=mqtts://b", "sink.tls.key=" + kAnyFile}}},
      {"sink.tls.key", {kAnyFile, {"sink.url=mqtts://b", "sink.tls.cert=" + kAnyFile}}},
      {"sink.tls.key_passphrase",
       {"x", {"sink.url=mqtts://b", "sink.tls.cert=" + kAnyFile, "sink.tls.key=" + kAnyFile}}},
      {"source.headers", {Json{{"X-Key", "k"}}, {}}},
      {"sink.headers", {Json{{"X-Key", "k"}}, {}}},
      {"sink.origins", {{"https://a.example", "*"}, {}}},
      {"http.listen", {"0.0.0.0:80", {}}},
      {"http.tap", {"payloads", {}}},
      {"journal.durability", {"power", {}}},
      {"log.level", {"debug", {}}},
      {"log.format", {"json", {}}},
      {"processing.on_failure", {"drop", {}}},
      {"processing.algorithm", {"md5", {}}},
      {"processing.emit", {"payload", {}}},
      {"source.qos", {0, {}}},
      {"sink.qos", {0, {}}},
  };
  return kSpecial;
}

Other other_value(const Key& key) {
  if (const auto at = special().find(key.path); at != special().end()) return at->second;
  switch (key.kind) {
    case Kind::integer:
      return {7, {}};
    case Kind::boolean:
      return {true, {}};
    case Kind::list:
      return {{"a/#", "b"}, {}};
    case Kind::integers:
      return {{1, 2}, {}};
    case Kind::duration:
      return {"3s", {}};
    case Kind::size:
      return {"32MiB", {}};
    case Kind::text:
    case Kind::mqtt_version:
    case Kind::client_id:
    case Kind::file:
    case Kind::source_url:
    case Kind::sink_url:
    case Kind::listen:
    case Kind::headers:
      return {"other", {}};
  }
  return {};
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Json nested(std::string path, const Json& value) {
  std::replace(path.begin(), path.end(), '.', '/');
  Json document;
  document[Json::json_pointer("/" + path)] = value;
  return document;
}

std::vector<Key> all_keys() {
  const Schema schema;
  return schema.keys();
}

std::vector<std::string> all_paths() {
  std::vector<std::string> paths;
  for (const Key& key : all_keys()) paths.push_back(key.path);
  return paths;
}

class EveryKey : public testing::TestWithParam<std::string> {
 protected:
  const Schema schema_;
  const Key& key_ = *schema_.find(GetParam());
};

TEST_P(EveryKey, MeansTheSameInAFileTheEnvironmentAndOnTheCommandLine) {
  const auto [value, needed] = other_value(key_);
  const TempFolder folder;
  ConfigInputs without;
  without.set = needed;
  ConfigInputs file = without;
  file.file = folder.write("config.json", nested(key_.path, value).dump());
  ConfigInputs environment = without;
  environment.environment = {{key_.variable, as_text(value)}};
  ConfigInputs line = without;
  line.set.push_back(key_.path + "=" + as_text(value));

  const Config config = load_config(file);
  EXPECT_EQ(config, load_config(environment));
  EXPECT_EQ(config, load_config(line));
  if (key_.path.ends_with(".indices") || key_.path.starts_with("framing.header")) return;
  if (key_.path.ends_with(".tls.cert") || key_.path.ends_with(".tls.key")) return;
  EXPECT_NE(config, load_config(without));
}

TEST_P(EveryKey, IsDescribedAndHasADefault) {
  EXPECT_TRUE(key_.description.ends_with('.')) << key_.description;
  EXPECT_FALSE(key_.allowed.empty());
  EXPECT_FALSE(key_.initial.is_null());
}

INSTANTIATE_TEST_SUITE_P(OfTheSchema, EveryKey, testing::ValuesIn(all_paths()),
                         [](const auto& key) { return replaced(key.param, ".", "_"); });

TEST(TheSchema, IsTheFileInConfig) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/config/schema.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(schema_text(), text);
}

TEST(TheSchema, HasOneMemberOfConfigForEachValue) {
  std::set<std::string> bound;
  Config config;
  visit_config(config, [&bound](const std::string& path, auto&) { bound.insert(path); });
  std::set<std::string> known;
  for (const Key& key : all_keys()) known.insert(key.path);
  EXPECT_EQ(bound, known);
}

TEST(TheSchema, GivesEachValueAVariableOfItsOwn) {
  const Schema schema;
  std::set<std::string> variables{"MILLRACE_CONFIG"};
  std::size_t count = 1;
  const auto add = [&](const std::string& name) {
    variables.insert(name);
    ++count;
  };
  for (const Key& key : schema.keys()) {
    add(key.variable);
    if (key.secret) add(key.variable + "_FILE");
  }
  for (const std::string& section : schema.sections()) add(variable_of(section));
  EXPECT_EQ(variables.size(), count);
}

TEST(TheSchema, NamesAllThatTheUrlsOfThisVersionCanBe) {
  const Schema schema;
  for (const End end : {End::source, End::sink}) {
    try {
      static_cast<void>(parse_url("", end));
      FAIL();
    } catch (const std::invalid_argument& error) {
      const auto& allowed = schema.find(end == End::source ? "source.url" : "sink.url")->allowed;
      EXPECT_EQ(error.what(), "must be " + allowed);
    }
  }
}

template <typename Enum>
void expect_choices(const char* path) {
  const Json schema = Json::parse(schema_text());
  const Json node =
      schema.at(Json::json_pointer("/properties/" + replaced(path, ".", "/properties/")));
  EXPECT_EQ(node.at("enum"), Json(kEnumNames<Enum>)) << path;
}

TEST(TheSchema, ListsTheChoicesOfEachEnum) {
  expect_choices<FramingType>("framing.type");
  expect_choices<ProcessingType>("processing.type");
  expect_choices<DigestAlgorithm>("processing.algorithm");
  expect_choices<VerifyEmit>("processing.emit");
  expect_choices<OnFailure>("processing.on_failure");
  expect_choices<Order>("processing.order");
  expect_choices<Durability>("journal.durability");
  expect_choices<LogLevel>("log.level");
  expect_choices<LogFormat>("log.format");
}

TEST(TheDefaults, AreAFileThatLoadsToWhatNothingLoadsTo) {
  ConfigInputs inputs;
  inputs.file = MILLRACE_SOURCE_DIR "/config/millrace.json";
  EXPECT_EQ(load_config(inputs), load_config({}));
}

TEST(TheDefaults, AreTheSchemas) {
  const Json file = Json::parse(std::ifstream(MILLRACE_SOURCE_DIR "/config/millrace.json"));
  Json expected;
  for (const Key& key : all_keys()) expected.merge_patch(nested(key.path, key.initial));
  EXPECT_EQ(file, expected);
}

TEST(TheDefaults, AreThoseOfTheHeader) {
  Config config = load_config({});
  const Config header;
  EXPECT_EQ(config.framing, header.framing);
  EXPECT_EQ(config.processing, header.processing);
  EXPECT_EQ(config.dead_letter, header.dead_letter);
  EXPECT_EQ(config.status, header.status);
  EXPECT_EQ(config.journal, header.journal);
  EXPECT_EQ(config.limits, header.limits);
  EXPECT_EQ(config.http, header.http);
  EXPECT_EQ(config.log, header.log);
  EXPECT_EQ(config.source.session_expiry, header.source.session_expiry);
  EXPECT_EQ(config.source.reconnect, header.source.reconnect);
  EXPECT_EQ(config.source.dedupe, header.source.dedupe);
  EXPECT_EQ(config.source.partition, header.source.partition);
  EXPECT_EQ(config.source.keep_alive, header.source.keep_alive);
}

TEST(TheListing, ReadsBackAsTheSameConfig) {
  const TempFolder folder;
  ConfigInputs inputs;
  inputs.set = {"source.topics=a/#,b",     "source.mqtt_version=3.1.1", "limits.drain=1500ms",
                "limits.frame_bytes=1025", "sink.retain=true",          "sink.topic=r/{topic}"};
  const Config config = load_config(inputs);
  ConfigInputs again;
  for (const ListedValue& listed : list_config(config)) {
    again.set.push_back(listed.path + "=" + as_text(Json::parse(listed.value)));
  }
  EXPECT_EQ(load_config(again), config);
}

TEST(TheReadme, HoldsTheTableOfTheSchema) {
  const std::string begin = "<!-- config:begin -->\n";
  const std::string end = "<!-- config:end -->";
  std::ifstream file(MILLRACE_SOURCE_DIR "/README.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto from = text.find(begin);
  const auto to = text.find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos) << "the markers are missing";
  EXPECT_EQ(text.substr(from + begin.size(), to - from - begin.size()), schema_markdown())
      << "put what `millrace schema --markdown` prints between the markers";
}

}  // namespace
}  // namespace millrace::test
