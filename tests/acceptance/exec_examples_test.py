"""The example workers, each with the short command of its first lines."""
import json
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from support import EXAMPLES, PROGRAM, TOP

PATIENCE = 60


def run(example, events, *arguments):
    """`printf EVENTS | millrace run --config …`: what it wrote, and how long it took."""
    began = time.monotonic()
    done = subprocess.run([PROGRAM, "--config", EXAMPLES / example / "config.json", *arguments],
                          input=events, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=TOP)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout, done.stderr, time.monotonic() - began


def numbers(count):
    return "".join(f"{i}\n" for i in range(1, count + 1))


class Examples(unittest.TestCase):
    def python_worker(self, events, delay):
        command = json.loads((EXAMPLES / "python-worker" / "config.json").read_text())["processing"]["command"]
        command[-1] = delay
        return run("python-worker", events, "--set", f"processing.command={json.dumps(command)}")

    def test_python_squares_ten_events_of_a_slow_function_five_at_a_time(self):
        out, _, seconds = self.python_worker(numbers(10), "1.5")
        self.assertEqual(out.split(), [str(i * i) for i in range(1, 11)])
        self.assertLess(seconds, 15, "one after the other")

    def test_python_rejects_what_is_no_number(self):
        out, err, _ = self.python_worker("1\nx\n3\n", "0")
        self.assertEqual(out.split(), ["1", "9"])
        letter = json.loads(next(line for line in err.splitlines() if line.startswith("{")))
        self.assertEqual((letter["cause"], letter["payload"].strip(), letter["attempts"]), ("not a number: x", "x", 1))

    def test_jq_filters_and_maps(self):
        out, err, _ = run("jq-worker", '{"name": "Ada", "born": 1815}\n{"name": null}\n{"name": "Grace"}\nwhat?\n')
        self.assertEqual(out.splitlines(), ["Ada, 1815", "Grace, ?"])
        self.assertIn("Invalid", err)

    def test_cpp_is_built_by_its_first_line_and_answers(self):
        lines = (EXAMPLES / "cpp-worker" / "worker.cpp").read_text().splitlines()
        build = next(line for line in lines if "g++" in line).removeprefix("//").split()
        with tempfile.TemporaryDirectory() as folder:
            program = str(Path(folder, "worker"))
            build[build.index("-o") + 1] = program
            subprocess.run(build, check=True, cwd=TOP, timeout=PATIENCE)
            out, _, _ = run("cpp-worker", "one\ntwo\né\n", "--set", f"processing.command={json.dumps([program])}")
        self.assertEqual(out.splitlines(), ["eno", "owt", "\ufffd\ufffd"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
