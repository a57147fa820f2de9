#include "commands/test.hpp"

#include <cstdlib>
#include <memory>
#include <optional>
#include <ostream>

#include "commands/test_case.hpp"

namespace millrace {
namespace {

void print_marked(const std::string& mark, const std::vector<std::string>& lines,
                  std::ostream& out) {
  for (const std::string& line : lines) out << mark << line << '\n';
}

// Whether it went as expected.
bool report(const TestCase& test, const TestRun& run, std::ostream& out) {
  const auto lines = differences(test.expected, run.outcomes);
  const bool ok = lines.empty() && run.trouble.empty();
  out << (ok ? "ok    " : "FAIL  ") << test.name << '\n';
  if (ok) return true;
  if (!run.trouble.empty()) out << "      " << run.trouble << '\n';
  print_marked("      ", lines, out);
  print_marked("      | ", run.lines, out);
  return false;
}

}  // namespace

const char* const kTestFileHelp = R"(
FILE is a JSON object:
  config    the configuration, or the name of its file from FILE's folder on
  override  what is to be different in it, such as {"processing": {"timeout": "1s"}}
  timeout   of a case, 30s where it is left out
  cases     a list of {"name": …, "input": […], "expect": […]}
Input, in the order in which it comes:
  {"stream": "events/a", "payload": P, "properties": {…}, "redelivered": true}
            stream: the topic; may be left out where there is only one
            P: "text", {"base64": "AAE="}, {"hex": "00 01"}, {"repeat": P, "times": 9}, [P, P]
            properties (MQTT 5): content_type, correlation_data, response_topic,
            message_expiry, user
  {"stream": "a", "end": "closed"}   a connection ends; or "timed_out": framing.timeout is over
Expected are all outcomes, in the order of emission, each one of
  {"result": P}                      and "topic", "content_type", "user", where it is published
  {"filtered": C}
  {"rejected": C} {"failed": C}      or {"dead_letter": C} {"dropped": C}: where these went
  {"stopped": C}                     by processing.on_failure stop
            C: part of the cause, or true; all may have "stream", "attempts" and, but for
            result and stopped, "payload" (of the event)
Nothing of the network is opened, and the environment is not looked at. Workers of exec are started
as by a run, from the folder that you are in.
Exit code: 0, 1 where a case failed, 2 where FILE cannot be used.
)";

int test(const std::string& path, const ConfigInputs& inputs, std::ostream& out) {
  const TestFile file = load_test_file(path, inputs);
  std::optional<Spawner> spawner;
  if (file.config.processing.type == ProcessingType::exec) spawner.emplace(file.config.processing);
  std::size_t failed = 0;
  std::size_t done = 0;
  std::shared_ptr<void> running;
  for (const TestCase& test : file.cases) {
    const TestRun run = run_test_case(file, test, spawner ? &*spawner : nullptr);
    if (!report(test, run, out)) ++failed;
    ++done;
    running = run.running;
    if (running || run.trouble == kInterrupted) break;
  }
  out << file.cases.size() << (file.cases.size() == 1 ? " case, " : " cases, ") << failed
      << " failed";
  if (done < file.cases.size()) out << ", " << file.cases.size() - done << " not run";
  out << '\n' << std::flush;
  const int code = failed == 0 ? 0 : 1;
  if (running) std::_Exit(code);
  return code;
}

}  // namespace millrace
