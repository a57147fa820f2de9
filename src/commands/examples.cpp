#include "commands/examples.hpp"

#include <array>
#include <string_view>

namespace millrace {
namespace {

struct Example {
  std::string_view command;
  std::string_view purpose;
  std::string_view line;
};

constexpr std::array kExamples{
    Example{"", "run with a configuration file", "millrace --config millrace.json"},
    Example{"", "numbers in, their squares out, without a broker",
            "seq 10 | millrace --set source.url=stdin: --set sink.url=stdout: --set "
            "processing.type=square --set journal.durability=off"},
    Example{"run", "settings from the environment",
            "MILLRACE_SOURCE_URL=mqtt://localhost MILLRACE_SINK_TOPIC=results millrace run"},
    Example{"run", "the file's settings, but for one",
            "millrace run --config millrace.json --set processing.workers=20"},
    Example{"check", "is the configuration right? Nothing is opened",
            "millrace check --config millrace.json"},
    Example{"check", "does everything answer, and may results be published?",
            "millrace check --config millrace.json --connect --probe"},
    Example{"print-config", "what is in effect, and which variable sets it",
            "millrace print-config --config millrace.json"},
    Example{"print-config", "one section of it", "millrace print-config | grep ^limits"},
    Example{"schema", "for an editor that checks while one types",
            "millrace schema > millrace.schema.json"},
    Example{"schema", "as a table to read", "millrace schema --markdown | less"},
    Example{"health", "does it move? (what the container's health check asks)", "millrace health"},
    Example{"health", "is it ready, and if not, why?",
            "millrace health --ready --set http.listen=127.0.0.1:9464"},
    Example{"tap", "what becomes of each event", "millrace tap"},
    Example{"tap", "ten messages that arrive, as JSON",
            "millrace tap --stage chunks --limit 10 --json | jq ."},
    Example{"metrics", "what /metrics tells, and what each name means", "millrace metrics"},
    Example{"metrics", "as a table to read", "millrace metrics --markdown | less"},
    Example{"journal", "what waits in it", "millrace journal stat"},
    Example{"journal", "let go of one event that stops every start",
            "millrace journal skip 5f3a9c01-17.0"},
    Example{"journal stat", "of the journal that the configuration names",
            "millrace journal stat --config millrace.json"},
    Example{"journal stat", "of one that lies elsewhere, and one figure of it",
            "millrace journal stat --set journal.path=/tmp/copy | jq .entries"},
    Example{"journal list", "what the next start would read", "millrace journal list"},
    Example{"journal list", "how much of it, by topic",
            "millrace journal list | jq -r .stream | sort | uniq -c"},
    Example{"journal export", "keep a copy of what waits",
            "millrace journal export > backlog.jsonl"},
    Example{"journal export", "payloads of one topic",
            "millrace journal export | jq -r 'select(.stream == \"events/a\").payload'"},
    Example{"journal skip", "the event that a log line names",
            "millrace journal skip 5f3a9c01-17.0"},
    Example{"journal skip", "in the journal of another instance",
            "millrace journal skip 5f3a9c01-17.0 --set journal.path=/var/lib/millrace-2"},
    Example{"journal repair", "after a start that ended with exit code 3",
            "millrace journal repair"},
    Example{"journal repair", "and keep what is said of the damage",
            "millrace journal repair --config millrace.json > damage.jsonl"},
    Example{"journal set-aside", "a fresh start; the old files are kept",
            "millrace journal set-aside"},
    Example{"journal set-aside", "for one instance",
            "millrace journal set-aside --set journal.path=/var/lib/millrace-2"},
    Example{"dead-letters", "see what would be published",
            "mosquitto_sub -t millrace/dead -C 10 | millrace dead-letters replay -"},
    Example{"dead-letters", "publish it", "millrace dead-letters replay letters.jsonl --publish"},
    Example{"dead-letters replay", "those that the broker has kept for the client letters",
            "mosquitto_sub -i letters -c -q 1 -t millrace/dead -W 5 > letters.jsonl; millrace "
            "dead-letters replay letters.jsonl"},
    Example{"dead-letters replay", "publish those of one cause",
            "grep integer letters.jsonl | millrace dead-letters replay - --publish"},
    Example{"test", "the cases of one configuration", "millrace test pipeline.test.json"},
    Example{"test", "the same cases through another one",
            "millrace test pipeline.test.json --config next.json"},
    Example{"demo", "ten events, about fifteen seconds", "millrace demo"},
    Example{"demo", "a hundred quick ones",
            "millrace demo --events 100 --interval 10ms --work 200ms --workers 25"},
};

}  // namespace

std::string examples_of(const std::string& command) {
  std::string text;
  for (const Example& example : kExamples) {
    if (example.command != command) continue;
    text += text.empty() ? "\nExamples:\n" : "";
    text += "  # " + std::string(example.purpose) + "\n  " + std::string(example.line) + "\n";
  }
  return text;
}

}  // namespace millrace
