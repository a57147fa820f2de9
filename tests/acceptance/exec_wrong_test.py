"""Worker processes that go wrong on chosen events: those get their fate, all others come out in order."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import PATIENCE, PROGRAM, TOP, Program, wait_for

WORKER = json.dumps(["python3", str(TOP / "tests" / "data" / "exec" / "worker.py")])
# What goes wrong always, and what its dead letter says.
WRONG = {
    "crash": "was killed by SIGSEGV",
    "exit": "exited with code 3",
    "hang": "has not answered within 5s",
    "deaf": "has not answered within 5s",
    "leak": "exited with code 1",
    "garbage": "is no JSON object",
    "other": "wrote a reply to another event",
    "huge": "wrote a line of more than",
    "close": "closed its standard output",
    "reject": "no",
}


def settings(**more):
    chosen = {"source.url": "stdin:", "sink.url": "stdout:", "sink.envelope": "true", "processing.type": "exec",
              "processing.command": WORKER, "processing.workers": "5", "processing.backoff": "10ms",
              "processing.attempts": "2", "processing.timeout": "5s", "limits.result_bytes": "1KiB",
              "processing.limits.memory": "100MiB"}
    return chosen | more


def children_of(pid):
    """All below it."""
    below = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            below += [int(child), *children_of(child)]
    return below


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Feed:
    """Standard input of a program, written line by line."""

    def __init__(self):
        self.read, self.write = os.pipe()

    def lines(self, payloads):
        os.write(self.write, "".join(f"{payload}\n" for payload in payloads).encode())

    def end(self):
        os.close(self.read)
        os.close(self.write)


class WrongWorkers(unittest.TestCase):
    def setUp(self):
        self.feed = Feed()
        self.addCleanup(self.feed.end)

    def program(self, **more):
        program = Program(settings=settings(**more), stdin=self.feed.read)
        self.addCleanup(program.__exit__)
        return program

    def workers(self, program):
        """Those of the pool: children of the one child that is the spawner."""
        spawner = children_of(program.process.pid)[:1]
        return children_of(spawner[0]) if spawner else []

    def test_every_event_has_its_fate_and_the_others_their_order(self):
        payloads, order = [], []
        for i in range(300):
            payloads.append(f"good {i}")
            order.append(f"good {i}")
            if i % 25 == 10:
                payloads.append(list(WRONG)[i // 25 % len(WRONG)])
            if i % 25 == 20:
                payloads.append(["crash@1", "exit@1", "garbage@1", "close@1", "noisy"][i // 25 % 5])
                order.append("ok")
            if i % 50 == 45:
                payloads.append("twice")
                order.append("first")
        program = self.program()
        self.feed.lines(payloads)
        wait_for(lambda: len(program.results()) >= len(order), "all results", 4 * PATIENCE)
        self.assertEqual([result["payload"] for result in program.results()], order)
        letters = program.wait_for_dead_letters(12)
        for letter in letters:
            self.assertIn(WRONG[letter["payload"].strip()], letter["cause"])
            self.assertEqual(letter["attempts"], 1 if letter["payload"].strip() == "reject" else 2)
        self.assertEqual([letter["payload"].strip() for letter in letters], [each for each in payloads if each in WRONG])
        wait_for(lambda: len(self.workers(program)) == 5, "the pool is whole")
        self.assertTrue(program.readiness()["ready"])
        self.assertEqual(program.stop(), 0)

    def test_a_command_that_does_not_exist_loses_nothing_and_goes_on_when_it_appears(self):
        with tempfile.TemporaryDirectory() as folder:
            command = Path(folder, "worker")
            more = {"processing.command": json.dumps([str(command)]), "processing.backoff_max": "200ms"}
            program = self.program(**more)
            self.feed.lines(range(200))
            refused = wait_for(lambda: not program.readiness()["processing"]["ok"] and program.readiness(), "not ready")
            self.assertFalse(refused["ready"])
            self.assertIn(f"cannot start {command}: No such file", refused["processing"]["reason"])
            Path(folder, "new").write_text("#!/bin/sh\nexec cat\n")
            Path(folder, "new").chmod(0o700)
            Path(folder, "new").rename(command)
            results = program.wait_for_results(200)
            self.assertEqual([result["payload"] for result in results], [str(i) for i in range(200)])
            self.assertEqual(program.dead_letters(), [])
            wait_for(lambda: program.readiness()["ready"], "ready")
            self.assertEqual(program.stop(), 0)

    def test_what_is_held_at_a_stop_waits_in_the_journal(self):
        with tempfile.TemporaryDirectory() as journal:
            with Program(settings=settings(**{"processing.command": "/no/such/program"}), journal=journal,
                         stdin=self.feed.read) as program:
                self.feed.lines(range(10))
                wait_for(lambda: not program.readiness()["processing"]["ok"], "not ready")
                self.assertEqual(program.stop(), 0)
                self.assertEqual(program.results(), [])
            with Program(settings=settings(**{"processing.command": "cat"}), journal=journal,
                         stdin=self.feed.read) as refused:
                self.assertEqual(refused.process.wait(PATIENCE), 3, "another command is another configuration")
            accepted = subprocess.run(
                [PROGRAM, "--accept-backlog", "--set", f"journal.path={journal}", "--set",
                 "http.listen=", *(f"--set={key}={value}" for key, value in
                                   settings(**{"processing.command": "cat"}).items())],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=True)
            self.assertEqual([json.loads(line)["payload"] for line in accepted.stdout.splitlines()],
                             [str(i) for i in range(10)])

    def test_a_worker_killed_from_outside_is_replaced(self):
        program = self.program()
        self.feed.lines(["pid"])
        program.wait_for_results(1)
        before = wait_for(lambda: len(self.workers(program)) == 5 and self.workers(program), "five of them")
        for pid in before:
            os.kill(pid, 9)
        wait_for(lambda: len(self.workers(program)) == 5 and not set(before) & set(self.workers(program)), "five others")
        self.feed.lines(range(20))
        self.assertEqual([each["payload"] for each in program.wait_for_results(21)[1:]], [str(i) for i in range(20)])
        self.assertEqual(program.stop(), 0)
        self.assertFalse([pid for pid in before if alive(pid)])

    def test_nothing_is_left_after_a_stop(self):
        program = self.program()
        self.feed.lines(["fork"])
        pids = [int(pid) for pid in program.wait_for_results(1)[0]["payload"].split()]
        pids += children_of(program.process.pid)
        self.assertEqual(program.stop(), 0)
        self.assertFalse([pid for pid in pids if alive(pid)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
