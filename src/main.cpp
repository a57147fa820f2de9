// The program: arguments, configuration, command.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "commands/check.hpp"
#include "commands/check_connect.hpp"
#include "commands/dead_letters.hpp"
#include "commands/demo.hpp"
#include "commands/examples.hpp"
#include "commands/health.hpp"
#include "commands/journal.hpp"
#include "commands/metrics.hpp"
#include "commands/print_config.hpp"
#include "commands/run.hpp"
#include "commands/schema.hpp"
#include "commands/signals.hpp"
#include "commands/tap.hpp"
#include "commands/test.hpp"
#include "commands/usage.hpp"
#include "config/load.hpp"
#include "journal/journal_error.hpp"
#include "pipeline/control.hpp"

namespace millrace {
namespace {

/// The command line: each command is a sub-command with what it does.
class CommandLine {
 public:
  CommandLine() {
    app_.set_version_flag("--version", "millrace " MILLRACE_VERSION);
    app_.add_option("--config", inputs_.file, "JSON file with the configuration");
    app_.add_option("--set", inputs_.set,
                    "KEY=VALUE, stronger than file and environment; repeatable")
        ->allow_extra_args(false);
    app_.add_flag("--accept-backlog", accept_backlog_,
                  "Take a journal's backlog that was made under another configuration");
    app_.require_subcommand(0, 1);
    app_.fallthrough();
    app_.add_flag("--parse-only", parse_only_, "Whether this is a command line")->group("");
    add_commands();
    add_examples(app_, "");
  }

  /// The exit code.
  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      const bool asked = error.get_exit_code() == 0;  // --help, --version
      if (asked) return app_.exit(error);
      std::cerr << "millrace: " << usage_problem(app_, error) << '\n';
      return static_cast<int>(ExitCode::usage);
    }
    if (parse_only_) return static_cast<int>(ExitCode::clean);
    inputs_.environment = read_environment(environ);
    block_signals();
    ignore_adopted_children();
    return command_();
  }

 private:
  void add(const std::string& name, const std::string& what, std::function<int()> command) {
    app_.add_subcommand(name, what)->callback([this, command = std::move(command)] {
      command_ = command;
    });
  }
  CLI::App& sub(const std::string& name) { return *app_.get_subcommand(name); }
  // Behind what stands there already.
  static void add_examples(CLI::App& app, const std::string& words) {
    const std::string common =
        words.empty() ? "" : "\n--config, --set: as of every command, see millrace --help\n";
    app.footer(app.get_footer() + common + examples_of(words));
    for (CLI::App* const sub : app.get_subcommands({})) {
      add_examples(*sub, words.empty() ? sub->get_name() : words + " " + sub->get_name());
    }
  }
  Config config() const { return load_config(inputs_); }

  void add_commands() {
    add("run", "Run until stopped (this is the default)", command_);
    add("check", "Check the configuration, and what it connects to",
        [this] { return check_command(); });
    add_check_options(sub("check"));
    add("print-config", "Print every value in effect, one a line",
        [this] { return print_config(config(), std::cout); });
    add("schema", "Print the JSON Schema of the configuration",
        [this] { return schema(schema_, std::cout); });
    sub("schema").add_flag("--markdown", schema_.markdown, "As the table of the README");
    add("metrics", "Print what /metrics tells, name by name",
        [this] { return metrics(metrics_, std::cout); });
    sub("metrics").add_flag("--markdown", metrics_.markdown, "As the table of the README");
    add("health", "Ask the running millrace whether it is alive",
        [this] { return health(health_, config(), std::cout, std::cerr); });
    sub("health").add_flag("--ready", health_.ready, "Ask whether it is ready");
    add("tap", "Show the events of the running millrace, a line each", [this] {
      std::optional<Signals> signals;
      return tap(tap_, config(), std::cout, std::cerr,
                 [&](std::function<void()> stop) { signals.emplace(std::move(stop)); });
    });
    add_tap_options(sub("tap"));
    add_journal();
    add_dead_letters();
    add("test", "Run the cases of a test file through a configuration, without a broker",
        [this] { return test(test_file_, inputs_, std::cout); });
    sub("test").add_option("file", test_file_, "JSON file with the cases")->required();
    sub("test").footer(kTestFileHelp);
    add("demo", "Ten events, one a second, five seconds of work each",
        [this] { return demo(demo_, std::cout); });
    add_demo_options(sub("demo"));
  }

  // Its actions are commands of their own, with one of them required.
  void add_journal() {
    auto& group = *app_.add_subcommand("journal", "Look at the journal, or mend it, offline");
    group.require_subcommand(1);
    const auto action = [&](const std::string& name, const std::string& what, JournalAction value) {
      return group.add_subcommand(name, what)->callback([this, value] {
        journal_.action = value;
        command_ = [this] { return millrace::journal(journal_, config(), std::cout, std::cerr); };
      });
    };
    action("stat", "What it holds, in figures", JournalAction::stat);
    action("list", "The entries that the next start would read", JournalAction::list);
    action("export", "The same, with payloads", JournalAction::export_all);
    action("skip", "Count one event as done", JournalAction::skip)
        ->add_option("id", journal_.id, "Its event id, as in a log line")
        ->required();
    action("repair", "Leave out what is damaged; what it was is kept", JournalAction::repair);
    action("set-aside", "Move it away, for a fresh start", JournalAction::set_aside);
  }

  void add_tap_options(CLI::App& command) {
    std::map<std::string, TapStage> stages;
    for (std::size_t i = 0; i < kTapStages.size(); ++i) {
      stages.emplace(kTapStages[i], static_cast<TapStage>(i));
    }
    command
        .add_option_function<std::string>(
            "--stage",
            [this, stages](const std::string& name) { tap_.wish.stage = stages.at(name); },
            "What arrives, what is cut, or what has come of it: chunks, frames, outcomes (default)")
        ->check(CLI::IsMember(stages));
    command.add_option("--stream", tap_.wish.stream, "Of this stream only, or this topic filter")
        ->check(stream_or_filter());
    command.add_option("--limit", tap_.limit, "End after so many")->check(count_from_one());
    command.add_flag("--json", tap_.json, "One JSON object a line");
  }

  void add_dead_letters() {
    auto& group = *app_.add_subcommand("dead-letters", "Publish again what dead letters are about");
    group.require_subcommand(1);
    auto& replay = *group.add_subcommand("replay", "Publish again what dead letters are about");
    replay.callback([this] {
      command_ = [this] { return replay_dead_letters(replay_, config(), std::cout, std::cerr); };
    });
    replay.add_option("file", replay_.file, "The letters; - for standard input")->required();
    auto* const publish = replay.add_flag("--publish", replay_.publish, "Do it");
    replay.add_flag("--dry-run")
        ->description("Only show it; this is the default")
        ->excludes(publish);
    replay.footer(kReplayHelp);
  }

  void add_demo_options(CLI::App& command) {
    const std::map<std::string, std::uint64_t> units{
        {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
    const auto add_duration = [&](const std::string& name, Duration& value, const char* what) {
      command
          .add_option_function<std::uint64_t>(
              name, [&value](std::uint64_t ms) { value = Duration(ms); }, what)
          ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED));
    };
    add_duration("--interval", demo_.interval, "Between two events, such as 1s");
    add_duration("--work", demo_.work, "On each event, such as 5s");
    command.add_option("--events", demo_.events, "How many")->check(count_from_one());
    command.add_option("--workers", demo_.workers, "How many")->check(CLI::Range(1, 1024));
  }

  void add_check_options(CLI::App& command) {
    auto* const connect =
        command.add_flag("--connect", connect_.connect, "Also open every connection");
    command.add_flag("--probe", connect_.probe, "Also ask the broker what may be published")
        ->needs(connect);
    command.add_flag("--json", connect_.json, "Say it as one JSON object")->needs(connect);
    command.footer(kConnectHelp);
  }

  int check_command() {
    std::function<int(const Config&)> connect;
    if (connect_.connect) {
      connect = [this](const Config& config) {
        return check_connections(config, connect_, std::cout, std::cerr);
      };
    }
    std::ostringstream not_shown;
    std::ostream& out = connect_.json ? static_cast<std::ostream&>(not_shown) : std::cout;
    return check(config(), out, std::cerr, connect);
  }

  CLI::App app_{"Ordered parallel at-least-once processing of an event stream", "millrace"};
  ConfigInputs inputs_;
  bool accept_backlog_ = false;
  bool parse_only_ = false;
  ConnectArguments connect_;
  SchemaArguments schema_;
  MetricsArguments metrics_;
  HealthArguments health_;
  TapArguments tap_;
  JournalArguments journal_;
  ReplayArguments replay_;
  DemoArguments demo_;
  std::string test_file_;
  std::function<int()> command_ = [this] {
    return millrace::run(config(), accept_backlog_, [this] { return config(); });
  };
};

int fail(ExitCode code, const std::string& why) {
  std::cerr << "millrace: " << why << '\n';
  return static_cast<int>(code);
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  using millrace::ExitCode;
  try {
    return millrace::CommandLine().run(argc, argv);
  } catch (const millrace::JournalError& error) {
    return millrace::fail(ExitCode::unsafe, error.what());
  } catch (const std::exception& error) {
    return millrace::fail(ExitCode::usage, error.what());
  }
}
