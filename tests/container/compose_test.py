"""The shipped image in the sample's compose project: what a user of docker/compose.yaml gets.

Every run has a project name of its own, no port of the host, and takes everything down again.
"""
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


def inspect(container, template):
    return subprocess.run(["docker", "inspect", "-f", template, container], capture_output=True, text=True,
                          check=True).stdout.strip()


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

    def test_a_stop_is_clean_and_the_image_holds_no_more_than_it_needs(self):
        self.up("broker", "millrace")
        container = self.project.container("millrace")
        self.assertEqual(inspect(container, "{{.Config.User}}"), "65532:65532")
        no_shell = subprocess.run(["docker", "exec", container, "/bin/sh", "-c", "true"], capture_output=True,
                                  check=False)
        self.assertNotEqual(no_shell.returncode, 0)
        self.project.run("stop", "millrace")
        self.assertEqual(inspect(container, "{{.State.ExitCode}}"), "0")

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
