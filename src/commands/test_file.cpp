#include "commands/test_file.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>

#include "commands/json_node.hpp"
#include "commands/test_values.hpp"
#include "config/read_file.hpp"
#include "config/topic.hpp"
#include "config/url.hpp"
#include "config/value.hpp"
#include "event/topic_filter.hpp"

namespace millrace {
namespace {

constexpr std::array kFates{TestFate::result, TestFate::filtered,    TestFate::rejected,
                            TestFate::failed, TestFate::dead_letter, TestFate::dropped,
                            TestFate::stopped};
constexpr Duration kLongestTest{std::chrono::hours(1)};

std::string read_text(const std::string& path) {
  std::string text;
  if (const auto error = read_file(path, text)) {
    throw ConfigError(show_text(path) + ": must be a file that can be read: " + error.message());
  }
  return text;
}

// The configuration under test, with nothing of the world outside.
Config tested_config(const JsonNode& root, const std::string& file, ConfigInputs inputs) {
  if (const auto config = root.find("config"); config && !inputs.file) {
    if (config->value().is_string()) {
      const auto path = std::filesystem::path(file).parent_path() / config->text();
      std::string unused;
      if (const auto error = read_file(path.string(), unused)) {
        config->fail("must name a file that can be read, from this file's folder on: " +
                     error.message());
      }
      inputs.file = path.string();
    } else {
      if (!config->value().is_object()) config->fail("must be an object, or name a file");
      inputs.parts.push_back({file + " config", config->value().dump()});
    }
  } else if (!config && !inputs.file) {
    root.fail("must have \"config\": an object, or the name of a file");
  }
  if (const auto part = root.find("override")) {
    if (!part->value().is_object()) part->fail("must be an object");
    inputs.parts.push_back({file + " override", part->value().dump()});
  }
  inputs.environment.clear();
  Config loaded = load_config(inputs);
  loaded.journal.durability = Durability::off;
  loaded.http.listen.clear();
  return loaded;
}

class CaseReader {
 public:
  explicit CaseReader(const Config& config)
      : config_(config), scheme_(parse_url(config.source.url, End::source).scheme) {}

  [[nodiscard]] TestCase read(const JsonNode& node) const {
    node.check_object({"name", "input", "expect"});
    TestCase test;
    test.name = node.at("name").text();
    for (const JsonNode& item : node.at("input").items()) test.inputs.push_back(input(item));
    for (const JsonNode& item : node.at("expect").items()) {
      test.expected.push_back(expectation(item));
    }
    return test;
  }

 private:
  [[nodiscard]] TestInput input(const JsonNode& node) const {
    node.check_object({"stream", "payload", "properties", "redelivered", "end"});
    TestInput input;
    input.stream = stream_of(node);
    if (const auto end = node.find("end")) {
      if (node.find("payload")) node.fail("must have \"payload\" or \"end\", not both");
      input.what = cause_of(*end);
      return input;
    }
    TestBytes bytes;
    bytes.bytes = test_payload(node.at("payload"));
    if (const auto properties = node.find("properties")) {
      if (!is_mqtt(scheme_)) properties->fail("must be left out: only an MQTT source has any");
      if (config_.source.mqtt_version < 5)
        properties->fail("must be left out: MQTT 3.1.1 has none");
      bytes.properties = std::make_shared<const Properties>(test_properties(*properties));
    }
    if (const auto again = node.find("redelivered")) bytes.redelivered = again->boolean();
    input.what = std::move(bytes);
    return input;
  }

  [[nodiscard]] CutCause cause_of(const JsonNode& node) const {
    const std::string text = node.text();
    if (text == "timed_out") return CutCause::timed_out;
    if (text == "closed" && scheme_ == Scheme::tcp_listen) return CutCause::closed;
    node.fail(scheme_ == Scheme::tcp_listen ? "must be closed or timed_out"
                                            : "must be timed_out: no connection closes here");
  }

  [[nodiscard]] std::string stream_of(const JsonNode& node) const {
    const auto given = node.find("stream");
    if (is_mqtt(scheme_)) return topic_of(node, given);
    const std::string only = scheme_ == Scheme::standard_input ? "stdin" : "";
    if (!given) return only.empty() ? "test" : only;
    if (!only.empty() && given->text() != only) given->fail("must be left out: there is only one");
    return given->text();
  }

  [[nodiscard]] std::string topic_of(const JsonNode& node,
                                     const std::optional<JsonNode>& given) const {
    const auto& filters = config_.source.topics;
    if (!given) {
      const auto filter = parse_subscription(filters.front()).filter;
      if (filters.size() == 1 && filter.find_first_of("+#") == std::string_view::npos) {
        return std::string(filter);
      }
      node.fail("must have \"stream\", the topic: source.topics does not say it");
    }
    const std::string topic = given->text();
    if (topic.empty() || topic.find_first_of("+#") != std::string::npos) {
      given->fail("must be a topic, without wildcards");
    }
    if (std::none_of(filters.begin(), filters.end(),
                     [&](const std::string& filter) { return filter_matches(filter, topic); })) {
      given->fail("must be a topic that source.topics subscribes to");
    }
    return topic;
  }

  [[nodiscard]] Expectation expectation(const JsonNode& node) const {
    node.check_object({"result", "filtered", "rejected", "failed", "dead_letter", "dropped",
                       "stopped", "payload", "stream", "topic", "attempts", "content_type",
                       "user"});
    Expectation expected;
    read_fate(node, expected);
    if (const auto value = node.find("stream")) expected.stream = value->text();
    if (const auto value = node.find("attempts")) {
      expected.attempts = value->integer(0, std::numeric_limits<unsigned>::max());
    }
    if (const auto value = node.find("payload")) {
      if (expected.fate == TestFate::result)
        value->fail("must be left out: \"result\" is the payload");
      if (expected.fate == TestFate::stopped) value->fail("must be left out here");
      expected.payload = test_payload(*value);
    }
    read_publication(node, expected);
    return expected;
  }

  static void read_fate(const JsonNode& node, Expectation& expected) {
    std::optional<JsonNode> found;
    for (const TestFate fate : kFates) {
      auto value = node.find(std::string(name_of(fate)));
      if (!value) continue;
      if (found) node.fail("must have only one of " + fate_names());
      expected.fate = fate;
      found.emplace(*std::move(value));
    }
    if (!found) node.fail("must have one of " + fate_names());
    if (expected.fate == TestFate::result) {
      expected.payload = test_payload(*found);
    } else if (found->value().is_string()) {
      expected.cause = found->text();
    } else if (found->value() != true) {
      found->fail("must be part of the cause, or true");
    }
  }

  void read_publication(const JsonNode& node, Expectation& expected) const {
    const bool published = is_mqtt(parse_url(config_.sink.url, End::sink).scheme);
    for (const char* const key : {"topic", "content_type", "user"}) {
      const auto value = node.find(key);
      if (!value) continue;
      if (expected.fate != TestFate::result) value->fail("must be left out: only a result has it");
      if (!published) value->fail("must be left out: sink.url is no MQTT broker");
      if (std::string_view(key) == "topic") expected.topic = value->text();
      if (std::string_view(key) == "content_type") expected.content_type = value->text();
    }
    const auto user = node.find("user");
    if (!user) return;
    if (!user->value().is_object()) user->fail("must be an object of texts");
    for (const auto& [name, value] : user->value().items()) {
      expected.user.emplace_back(name, user->at(name).text());
    }
  }

  static std::string fate_names() {
    std::string names;
    for (const TestFate fate : kFates)
      names += (names.empty() ? "" : ", ") + std::string(name_of(fate));
    return names;
  }

  const Config& config_;
  const Scheme scheme_;
};

}  // namespace

std::string_view name_of(TestFate fate) noexcept {
  switch (fate) {
    case TestFate::result:
      return "result";
    case TestFate::filtered:
      return "filtered";
    case TestFate::rejected:
      return "rejected";
    case TestFate::failed:
      return "failed";
    case TestFate::dead_letter:
      return "dead_letter";
    case TestFate::dropped:
      return "dropped";
    case TestFate::stopped:
      return "stopped";
  }
  return "";
}

TestFile load_test_file(const std::string& path, ConfigInputs inputs) {
  const Document document = parse_document(read_text(path), path);
  const JsonNode root(document, path);
  root.check_object({"config", "override", "timeout", "cases"});
  TestFile file;
  file.config = tested_config(root, path, std::move(inputs));
  if (const auto timeout = root.find("timeout")) {
    const auto value = parse_duration(timeout->text());
    if (!value || *value <= Duration(0) || *value > kLongestTest) {
      timeout->fail("must be a duration up to 1h, such as 30s");
    }
    file.timeout = *value;
  }
  const CaseReader reader(file.config);
  for (const JsonNode& node : root.at("cases").items()) {
    file.cases.push_back(reader.read(node));
    const auto same = [&](const TestCase& test) { return test.name == file.cases.back().name; };
    if (std::any_of(file.cases.begin(), file.cases.end() - 1, same)) {
      node.at("name").fail("must be another name: there is a case of that name already");
    }
  }
  if (file.cases.empty()) root.at("cases").fail("must not be empty");
  return file;
}

}  // namespace millrace
