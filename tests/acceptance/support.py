"""The program under test, as a user starts it, and waiting for what it does.

CMake gives its path in PROGRAM_UNDER_TEST. Nothing here knows how millrace is made: it reads what a user can read.
"""
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

PROGRAM = os.environ["PROGRAM_UNDER_TEST"]
TOP = Path(__file__).resolve().parents[2]
EXAMPLES = TOP / "config" / "examples"
PATIENCE = 60  # seconds; only a failing test waits for it


def wait_for(condition, what, patience=PATIENCE):
    """What `condition()` returns as soon as that is true; fails when it does not become so in time."""
    deadline = time.monotonic() + patience
    nobody_sets_it = threading.Event()
    pause = 0.002
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain for {patience} s: {what}")
        nobody_sets_it.wait(pause)  # longer and longer: looking may be as costly as what is looked at
        pause = min(pause * 1.3, 0.2)


class Program:
    """`millrace run` with a configuration file and settings, its output in files; killed at the end."""

    def __init__(self, config=None, settings=None, journal=None, stdout=None, environment=None,
                 stdin=None, wrapper=()):
        self.folder = tempfile.TemporaryDirectory(prefix="millrace-")
        self.out = Path(self.folder.name) / "stdout"
        self.err = Path(self.folder.name) / "stderr"
        settings = {"http.listen": "127.0.0.1:0", "journal.path": journal or f"{self.folder.name}/journal",
                    **(settings or {})}
        command = [*wrapper, PROGRAM]
        if config:
            command += ["--config", str(config)]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(command, stdout=stdout or out, stderr=err, cwd=TOP,
                                            stdin=stdin or subprocess.DEVNULL,
                                            env={**os.environ, **(environment or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def log(self):
        return self.err.read_text(errors="replace")

    def wait_for_log(self, pattern):
        """The match of the first line like this."""
        def find():
            if self.process.poll() is not None:
                raise AssertionError(f"it has ended with {self.process.returncode}:\n{self.log()}")
            return re.search(pattern, self.log())
        return wait_for(find, f"a line like {pattern} in:\n{self.log()}")

    def port(self):
        """Where `tcp-listen:` listens."""
        return int(self.wait_for_log(r"listening on \S+:(\d+)")[1])

    def readiness(self):
        address = self.wait_for_log(r"health at (\S+)")[1]
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            return json.load(refusal)

    @staticmethod
    def _objects(path):
        """The whole lines that are JSON objects."""
        text = path.read_text(errors="replace")
        lines = text[:text.rfind("\n") + 1].splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def results(self):
        """With `sink.envelope`, from standard output."""
        return self._objects(self.out)

    def dead_letters(self):
        """Where there is no broker: on standard error, between the log's lines."""
        return self._objects(self.err)

    def wait_for_results(self, count):
        wait_for(lambda: self.out.read_bytes().count(b"\n") >= count, f"{count} results; the log is\n{self.log()}")
        return self.results()

    def wait_for_dead_letters(self, count):
        return wait_for(lambda: len(self.dead_letters()) >= count and self.dead_letters(),
                        f"{count} dead letters; the log is\n{self.log()}")

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def run_to_end(*arguments, environment=None):
    """A command of the program that ends by itself."""
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                          timeout=PATIENCE, check=False, env={**os.environ, **(environment or {})})
