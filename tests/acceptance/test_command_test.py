"""`millrace test`: every example's own cases, what a failing case says, and what is said of a file that is none."""
import json
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from support import EXAMPLES, PROGRAM, TOP

PATIENCE = 120
STREAMS = {"source": {"url": "stdin:"}, "sink": {"url": "stdout:"}}
SQUARES = {**STREAMS, "processing": {"type": "square"}}


def run(*arguments, environment=None):
    return subprocess.run([PROGRAM, "test", *map(str, arguments)], capture_output=True, text=True, cwd=TOP,
                          timeout=PATIENCE, check=False, env=environment)


def configurations():
    found = [*EXAMPLES.glob("*.json"), *EXAMPLES.glob("*/config.json")]
    return [path for path in found if not path.name.endswith("test.json")]


def test_file_of(path):
    return path.with_name("test.json") if path.name == "config.json" else path.with_suffix(".test.json")


class Examples(unittest.TestCase):
    def test_each_has_cases_of_its_own_and_they_pass(self):
        self.assertGreater(len(configurations()), 5)
        for path in configurations():
            with self.subTest(path.relative_to(EXAMPLES)), tempfile.TemporaryDirectory() as folder:
                done = run(test_file_of(path), *self.built(path, folder))
                count = len(json.loads(test_file_of(path).read_text())["cases"])
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertEqual(done.stdout.splitlines()[-1],
                                 f"{count} case{'s' if count > 1 else ''}, 0 failed")

    def test_the_readme_shows_what_is_printed(self):
        readme = (TOP / "README.md").read_text()
        command, shown = readme.split("\n$ millrace test ")[1].split("```")[0].split("\n", 1)
        self.assertEqual(run(*command.split()).stdout, shown)

    def built(self, path, folder):
        """What stands in the C++ worker's first lines, with its result in a folder of ours."""
        source = path.with_name("worker.cpp")
        if not source.exists():
            return []
        build = next(line for line in source.read_text().splitlines() if "g++" in line).removeprefix("//").split()
        program = str(Path(folder, "worker"))
        build[build.index("-o") + 1] = program
        subprocess.run(build, check=True, cwd=TOP, timeout=PATIENCE)
        return ["--set", f"processing.command={json.dumps([program])}"]


class OwnFile(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "cases.json")

    def cases(self, config, *cases, **others):
        """Runs cases, each a pair of input and what is expected."""
        listed = [{"name": f"case {i}", "input": given, "expect": expected}
                  for i, (given, expected) in enumerate(cases, 1)]
        self.path.write_text(json.dumps({"config": config, "cases": listed, **others}))
        return run(self.path)

    def passes(self, config, *cases, **others):
        done = self.cases(config, *cases, **others)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def fails(self, config, *cases, **others):
        """What it prints of the first case."""
        done = self.cases(config, *cases, **others)
        self.assertEqual((done.returncode, done.stderr), (1, ""), done.stdout)
        return done.stdout.splitlines()


class Passing(OwnFile):
    def test_a_published_result_has_its_topic_and_its_properties(self):
        config = {"source": {"topics": ["in/#"]}, "sink": {"topic": "out/{topic}"}}
        properties = {"content_type": "text/plain", "user": [["k", "1"], ["k", "2"]]}
        self.passes(config, ([{"stream": "in/a", "payload": "x", "properties": properties}],
                             [{"result": "x", "stream": "in/a", "topic": "out/in/a", "content_type": "text/plain",
                               "user": {"k": "2", "millrace-topic": "in/a"}}]))

    def test_a_result_that_no_topic_can_take_is_rejected(self):
        config = {"source": {"topics": ["in/#"]}, "sink": {"topic": "{response_topic}"}}
        self.passes(config, ([{"stream": "in/a", "payload": "x"}], [{"rejected": "topic", "payload": "x"}]))

    def test_repeats_by_their_producers_word_are_filtered_and_each_case_begins_afresh(self):
        config = {"source": {"topics": ["in"], "dedupe": {"key": "property:name"}}}
        event = {"payload": "x", "properties": {"user": {"name": "1"}}}
        once_each = ([event, event], [{"result": "x"}, {"filtered": "duplicate"}])
        self.passes(config, once_each, once_each)

    def test_events_of_other_partitions_do_not_come_in(self):
        # The README's table: of sixteen partitions, sensors/1 is of 12, sensors/2 of 5.
        config = {"source": {"topics": ["sensors/+"], "partition": {"count": 16, "indices": [12]}}}
        self.passes(config, ([{"stream": "sensors/1", "payload": "a"}, {"stream": "sensors/2", "payload": "b"}],
                             [{"result": "a"}]))

    def test_every_fate_of_an_event_that_cannot_be_processed(self):
        fates = {"dead_letter": {"dead_letter": "integer"}, "drop": {"dropped": True}, "stop": {"stopped": "integer"}}
        for on_failure, expected in fates.items():
            with self.subTest(on_failure):
                config = {**STREAMS, "processing": {"type": "square", "on_failure": on_failure}}
                rest = [] if on_failure == "stop" else [{"result": "9"}]
                self.passes(config, ([{"payload": "1\nx\n3\n"}], [{"result": "1"}, expected, *rest]))

    def test_without_a_promised_order_outcomes_come_in_that_of_their_events(self):
        config = {**STREAMS, "processing": {"type": "exec", "order": "none", "workers": 2, "command": [
            "sh", "-c", 'while read -r line; do id=$(echo "$line" | jq .id); p=$(echo "$line" | jq -r .payload); '
                        'sleep "$p"; echo "{\\"id\\": $id, \\"payload\\": \\"$p\\"}"; done']}}
        self.passes(config, ([{"payload": "0.3\n0\n"}], [{"result": "0.3"}, {"result": "0"}]))

    def test_a_crash_of_a_worker_costs_its_event_an_attempt(self):
        config = {**STREAMS, "processing": {"type": "exec", "attempts": 2, "backoff": "1ms", "workers": 2, "command": [
            "sh", "-c", 'while read -r line; do case $line in *poison*) kill -9 $$;; esac; '
                        'echo "$line" | jq -c "{id, payload}"; done']}}
        self.passes(config, ([{"payload": "1\npoison\n3\n"}],
                             [{"result": "1"}, {"failed": "the worker process", "attempts": 2}, {"result": "3"}]))

    def test_more_than_the_memory_holds_at_a_time_goes_through(self):
        config = {**STREAMS, "limits": {"in_flight_bytes": "1MiB", "frame_bytes": "600KiB"}}
        big = {"payload": [{"repeat": "x", "times": 500_000}, "\n"]}
        self.passes(config, ([big] * 6, [{"result": {"repeat": "x", "times": 500_000}}] * 6))

    def test_a_frame_that_is_never_completed_times_out(self):
        config = {"source": {"topics": ["in"]}, "framing": {"type": "lines"}}
        self.passes(config, ([{"payload": "half"}, {"end": "timed_out"}, {"payload": "line\n"}],
                             [{"dead_letter": "framing.timeout", "payload": "half"}, {"result": "line"}]))

    def test_the_environment_changes_nothing_and_the_command_line_does(self):
        self.path.write_text(json.dumps({"config": SQUARES, "cases": [
            {"name": "squares", "input": [{"payload": "3\n"}], "expect": [{"result": "9"}]}]}))
        self.assertEqual(run(self.path, environment={"MILLRACE_PROCESSING_TYPE": "identity"}).returncode, 0)
        self.assertEqual(run(self.path, "--set", "processing.type=identity").returncode, 1)

    def test_another_configuration_can_be_put_in_the_place_of_the_files_own(self):
        other = self.path.with_name("other.json")
        other.write_text(json.dumps(SQUARES))
        self.path.write_text(json.dumps({"config": STREAMS, "cases": [
            {"name": "squares", "input": [{"payload": "3\n"}], "expect": [{"result": "9"}]}]}))
        self.assertEqual(run(self.path).returncode, 1)
        self.assertEqual(run(self.path, "--config", other).returncode, 0)


class Failing(OwnFile):
    def test_the_difference_is_shown_between_what_is_as_expected(self):
        lines = self.fails(SQUARES, ([{"payload": "1\n2\n3\nx\n"}],
                                     [{"result": "1"}, {"result": "5"}, {"result": "9"}, {"filtered": True}]),
                           ([{"payload": "1\n"}], [{"result": "1"}]))
        self.assertEqual(lines, [
            "FAIL  case 1",
            '        result "1"',
            '      - result "5"',
            '      + result "4", stream stdin',
            '        result "9"',
            "      - filtered",
            '      + rejected (dead_letter) because of "square: payload is not a decimal integer", payload "x\\n", '
            "stream stdin",
            "ok    case 2",
            "2 cases, 1 failed"])

    def test_an_outcome_too_few_or_too_many_does_not_shift_the_others(self):
        numbers = [{"result": str(i * i)} for i in range(1, 21)]
        given = [{"payload": "".join(f"{i}\n" for i in range(1, 21))}]
        too_few = self.fails(SQUARES, (given, numbers[:10] + [{"result": "extra"}] + numbers[10:]))
        self.assertEqual([line for line in too_few if line[6:7] in "+-"], ['      - result "extra"'])
        too_many = self.fails(SQUARES, (given, numbers[:10] + numbers[11:]))
        self.assertEqual([line for line in too_many if line[6:7] in "+-"], ['      + result "121", stream stdin'])
        self.assertIn("        … 4 as expected", too_many)

    def test_order_matters(self):
        self.fails(SQUARES, ([{"payload": "1\n2\n"}], [{"result": "4"}, {"result": "1"}]))

    def test_each_thing_that_can_be_expected_can_differ(self):
        config = {"source": {"topics": ["in/#"]}}
        event = {"stream": "in/a", "payload": "x", "properties": {"content_type": "t", "user": {"k": "v"}}}
        right = {"result": "x", "stream": "in/a", "topic": "results", "attempts": 1, "content_type": "t",
                 "user": {"k": "v"}}
        self.passes(config, ([event], [right]))
        wrong = {"result": "y", "stream": "in/b", "topic": "out", "attempts": 2, "content_type": "u",
                 "user": {"k": "w"}}
        for key, value in wrong.items():
            with self.subTest(key):
                self.fails(config, ([event], [{**right, key: value}]))
        with self.subTest("payload of a letter"):
            config = {**config, "processing": {"type": "square"}}
            self.passes(config, ([event], [{"dead_letter": "integer", "payload": "x"}]))
            self.fails(config, ([event], [{"dead_letter": "integer", "payload": "y"}]))
            self.fails(config, ([event], [{"dead_letter": "something else"}]))
            self.fails(config, ([event], [{"failed": True}]))

    def test_long_payloads_show_where_they_differ(self):
        lines = self.fails(STREAMS, ([{"payload": [{"repeat": "x", "times": 1000}, "ab\n"]}],
                                     [{"result": [{"repeat": "x", "times": 1000}, "b"]}]))
        self.assertIn("        they differ from byte 1001 on, 1001 and 1002 bytes", lines)
        self.assertLess(max(map(len, lines)), 200)

    def test_a_command_that_does_not_work_is_named_at_once(self):
        began = time.monotonic()
        config = {**STREAMS, "processing": {"type": "exec", "command": ["/no/such/program"]}}
        lines = self.fails(config, ([{"payload": "1\n"}], [{"result": "1"}]), ([], []), timeout="1h")
        self.assertIn("cannot start /no/such/program", lines[1])
        self.assertEqual(lines[-1], "2 cases, 1 failed, 1 not run")
        self.assertLess(time.monotonic() - began, 60)

    def test_a_case_that_does_not_end_is_given_up_with_what_its_workers_said(self):
        config = {**STREAMS, "processing": {"type": "exec", "workers": 1, "command": [
            "sh", "-c", "echo I am stuck >&2; read -r line; exec tail -f /dev/null"]}}
        lines = self.fails(config, ([{"payload": "1\n"}], [{"result": "1"}]), timeout="2s")
        self.assertIn('      not done within 2s ("timeout")', lines)
        self.assertIn("      | worker 0: I am stuck", lines)


class BadFile(OwnFile):
    CONFIG = {"source": {"topics": ["in/a"]}}

    def refused(self, text, *arguments):
        self.path.write_text(text if isinstance(text, str) else json.dumps(text))
        done = run(self.path, *arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr.strip().replace(str(self.path), "FILE")

    def test_each_mistake_is_told_in_a_line_that_says_where_and_what_is_allowed(self):
        def case(**changes):
            return {"config": self.CONFIG, "cases": [{"name": "a", "input": [], "expect": [], **changes}]}
        inner = 'FILE:1: cases[0].input[0]'
        outer = 'FILE:1: cases[0].expect[0]'
        mistakes = [
            ("{", "FILE:1:2: not valid JSON: it ends too early"),
            ({"cases": []}, 'FILE:1: must have "config": an object, or the name of a file'),
            ({"config": self.CONFIG}, 'FILE:1: must have "cases"'),
            ({"config": self.CONFIG, "cases": []}, "FILE:1: cases: must not be empty"),
            ({"config": self.CONFIG, "case": []}, 'FILE:1: "case" is not known here; did you mean "cases"?'),
            ({"config": "none.json", "cases": []}, "FILE:1: config: must name a file that can be read, from this "
                                                   "file's folder on: No such file or directory"),
            ({"config": {"sink": {"topics": "x"}}, "cases": []}, "(FILE config): there is no such key; did you mean sink.topic?"),
            ({"config": self.CONFIG, "override": {"source": {"qos": 2}}, "cases": []}, "FILE override"),
            ({**case(), "timeout": "3"}, "FILE:1: timeout: must be a duration up to 1h, such as 30s"),
            (case(name=1), "FILE:1: cases[0].name: must be a text"),
            ({"config": self.CONFIG, "cases": case()["cases"] * 2},
             "FILE:1: cases[1].name: must be another name: there is a case of that name already"),
            (case(input={}), "FILE:1: cases[0].input: must be a list"),
            (case(input=[{}]), f'{inner}: must have "payload"'),
            (case(input=[{"paylod": ""}]), f'{inner}: "paylod" is not known here; did you mean "payload"?'),
            (case(input=[{"payload": 1}]), f'{inner}.payload: must be a text, {{"base64": …}}, {{"hex": …}}, '
                                           '{"repeat": …, "times": N} or a list'),
            (case(input=[{"payload": {"hex": "0"}}]), f"{inner}.payload.hex: must be pairs of hexadecimal digits"),
            (case(input=[{"payload": {"base64": "A"}}]),
             f"{inner}.payload.base64: must be base64, with padding, on one line"),
            (case(input=[{"payload": {"repeat": "x" * 1000, "times": 67109}}]),
             f"{inner}.payload: must not be over 64 MiB"),
            (case(input=[{"payload": "", "stream": "in/b"}]),
             f"{inner}.stream: must be a topic that source.topics subscribes to"),
            (case(input=[{"payload": "", "stream": "in/+"}]), f"{inner}.stream: must be a topic, without wildcards"),
            (case(input=[{"payload": "", "end": "closed"}]), f'{inner}: must have "payload" or "end", not both'),
            (case(input=[{"end": "closed"}]), f"{inner}.end: must be timed_out: no connection closes here"),
            (case(input=[{"payload": "", "properties": {"user": [["a"]]}}]),
             f"{inner}.properties.user[0]: must be a pair of texts"),
            (case(expect=[{}]), f"{outer}: must have one of result, filtered, rejected, failed, dead_letter, "
                                "dropped, stopped"),
            (case(expect=[{"result": "", "failed": ""}]), f"{outer}: must have only one of result,"),
            (case(expect=[{"rejected": False}]), f"{outer}.rejected: must be part of the cause, or true"),
            (case(expect=[{"result": "", "payload": ""}]),
             f'{outer}.payload: must be left out: "result" is the payload'),
            (case(expect=[{"rejected": "", "topic": ""}]), f"{outer}.topic: must be left out: only a result has it"),
            (case(expect=[{"result": "", "attempts": -1}]), f"{outer}.attempts: must be a whole number from 0"),
        ]
        for text, said in mistakes:
            with self.subTest(said):
                self.assertIn(said, self.refused(text))

    def test_the_line_is_that_of_the_mistake(self):
        text = json.dumps({"config": self.CONFIG, "cases": [
            {"name": name, "input": [{"payload": "1"}, {"payload": "2", "stram": "x"}], "expect": []}
            for name in ("first", "second")]}, indent=1)
        lines = text.splitlines()
        line = 1 + next(i for i, line in enumerate(lines) if '"stram"' in line)
        self.assertIn(f"FILE:{line - 2}: cases[0].input[1]: \"stram\"", self.refused(text))

    def test_a_stream_must_be_named_where_the_configuration_does_not_say_it(self):
        said = self.refused({"config": {"source": {"topics": ["in/#"]}}, "cases": [
            {"name": "a", "input": [{"payload": "x"}], "expect": []}]})
        self.assertIn('must have "stream", the topic: source.topics does not say it', said)

    def test_what_only_mqtt_has_is_refused_elsewhere(self):
        for given, expected in (({"payload": "", "properties": {}}, []), ({"payload": ""}, [{"result": "", "topic": ""}])):
            said = self.refused({"config": STREAMS, "cases": [{"name": "a", "input": [given], "expect": expected}]})
            self.assertIn("must be left out: ", said)

    def test_a_file_that_is_not_there_is_named(self):
        done = run("/no/such/file.json")
        self.assertEqual((done.returncode, done.stderr), (
            2, 'millrace: "/no/such/file.json": must be a file that can be read: No such file or directory\n'))


if __name__ == "__main__":
    unittest.main(verbosity=2)
