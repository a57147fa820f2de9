"""The shipped image in the sample's compose project: what a user of docker/compose.yaml gets.

Every run has a project name of its own, no port of the host, and takes everything down again.
"""
import json
import os
import subprocess
import time
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BACKLOG = 300


def compose_command():
    """Compose v2 where the engine has it, else docker-compose."""
    v2 = ["docker", "compose"]
    if subprocess.run(v2 + ["version"], capture_output=True, check=False).returncode == 0:
        return v2
    return ["docker-compose"]


class ComposeProject:
    def __init__(self):
        self.command = compose_command() + ["-p", f"millrace-test-{os.getpid()}", "-f", "docker/compose.yaml"]
        self.environment = {**os.environ, "SQUARE_DELAY": "20ms"}

    def start(self, *arguments, **options):
        return subprocess.Popen(self.command + list(arguments), cwd=TOP, env=self.environment, text=True, **options)

    def run(self, *arguments, given=None):
        process = self.start(*arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said, _ = process.communicate(given)
        if process.returncode != 0:
            raise AssertionError(f"compose {' '.join(arguments)} exited with {process.returncode}:\n{said}")
        return said

    def container(self, service):
        return self.run("ps", "-q", service).split()[-1]


def until(condition, what, seconds=60):
    """Asks again, each time by starting a process, until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")


def docker(*arguments):
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


def inspect(container, template):
    return docker("inspect", "-f", template, container).stdout.strip()


class Sample(unittest.TestCase):
    def setUp(self):
        self.project = ComposeProject()
        self.addCleanup(self.project.run, "down", "--volumes", "--timeout", "5")
        self.project.run("build")

    def up(self, *services):
        self.project.run("up", "-d", *services)
        for service in services:
            container = self.project.container(service)
            until(lambda: inspect(container, "{{.State.Health.Status}}") == "healthy", f"{service} is healthy")

    def publish(self, numbers):
        self.project.run("exec", "-T", "broker", "mosquitto_pub", "-q", "1", "-t", "events/test", "-l",
                         given="".join(f"{n}\n" for n in numbers))

    def results(self, count):
        """The next results that the persistent session `observer` is given."""
        said = self.project.run("exec", "-T", "broker", "mosquitto_sub", "-i", "observer", "-c", "-q", "1",
                                "-t", "results", "-C", str(count), "-W", "60")
        return [int(line) for line in said.split()]

    def observe(self):
        self.project.run("exec", "-T", "broker", "mosquitto_sub", "-i", "observer", "-c", "-q", "1",
                         "-t", "results", "-E")

    def test_results_come_in_order_and_a_new_container_takes_up_the_backlog(self):
        self.up("broker", "millrace")
        self.observe()
        self.publish(range(1, 51))
        self.assertEqual(self.results(50), [n * n for n in range(1, 51)])

        self.project.run("kill", "-s", "SIGKILL", "millrace")
        self.project.run("rm", "-f", "millrace")
        self.publish(range(51, 51 + BACKLOG))
        self.up("millrace")
        seen = self.results(BACKLOG)
        self.assertEqual(list(dict.fromkeys(seen)), [n * n for n in range(51, 51 + BACKLOG)])

    def test_a_stop_is_clean_and_what_can_be_taken_from_it_is(self):
        self.up("broker", "millrace")
        container = self.project.container("millrace")
        self.expect_no_privileges(container)
        self.expect_nothing_to_write_to(container)
        limits = json.loads(inspect(container, "{{json .HostConfig}}"))
        self.assertGreater(limits["PidsLimit"], 0)
        self.assertGreater(limits["Memory"], 0)
        no_shell = docker("exec", container, "/bin/sh", "-c", "true")
        self.assertNotEqual(no_shell.returncode, 0)
        self.project.run("stop", "millrace")
        self.assertEqual(inspect(container, "{{.State.ExitCode}}"), "0")

    def expect_no_privileges(self, container):
        """As the kernel sees the process."""
        status = Path(f"/proc/{inspect(container, '{{.State.Pid}}')}/status").read_text(encoding="ascii")
        fields = dict(line.split(":\t", 1) for line in status.splitlines())
        self.assertEqual(set(fields["Uid"].split()), {"65532"})
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(fields[capabilities], 16), 0, capabilities)
        self.assertEqual(fields["NoNewPrivs"], "1")

    def expect_nothing_to_write_to(self, container):
        """But the journal's volume, and what is gone with the container: tried as root by a second millrace."""
        def journal_at(path):
            return docker("exec", "-u", "0", container, "millrace", "--set", "source.url=generate:?count=1",
                          "--set", "sink.url=stdout:", "--set", "http.listen=", "--set", f"journal.path={path}")
        for path in ("/journal", "/usr/share/journal", "/etc/journal"):
            refused = journal_at(path)
            self.assertEqual(refused.returncode, 3, refused.stderr)
            self.assertIn("Read-only file system", refused.stderr)
        written = docker("exec", container, "millrace", "--set", "source.url=generate:?count=1", "--set",
                         "sink.url=stdout:", "--set", "http.listen=", "--set",
                         "journal.path=/var/lib/millrace/another")
        self.assertEqual((written.returncode, written.stdout), (0, "1\n"), written.stderr)

    def test_bringing_it_up_prints_squares_in_order(self):
        everything = self.project.start("up", "--no-color", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(everything.wait)
        self.addCleanup(everything.terminate)
        squares = []
        for line in everything.stdout:
            service, _, said = line.partition("|")
            if service.startswith("results") and said.strip().isdigit():
                squares.append(int(said))
            if len(squares) == 5:
                break
        everything.stdout.close()
        self.assertEqual(squares, [1, 4, 9, 16, 25])


if __name__ == "__main__":
    unittest.main(verbosity=2)
