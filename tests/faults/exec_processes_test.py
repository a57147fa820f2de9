"""Whatever is killed, no worker process stays behind, and no event is lost."""
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "acceptance"))
from exec_wrong_test import Feed, alive, children_of, settings
from support import PATIENCE, Program, wait_for

IN_A_NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc")


class Kills(unittest.TestCase):
    def setUp(self):
        self.feed = Feed()
        self.addCleanup(self.feed.end)
        folder = tempfile.TemporaryDirectory(prefix="millrace-")
        self.addCleanup(folder.cleanup)
        self.journal = folder.name

    def program(self, wrapper=(), **more):
        program = Program(settings=settings(**more), journal=self.journal, stdin=self.feed.read, wrapper=wrapper)
        self.addCleanup(program.__exit__)
        return program

    def gone(self, pids):
        wait_for(lambda: not [pid for pid in pids if alive(pid)],
                 f"the end of {[pid for pid in pids if alive(pid)]}")

    def busy(self, program):
        """Every process below a millrace whose workers are deaf, and have children in and out of their group."""
        self.feed.lines(["fork", "deaf", "deaf", "1"])
        forked = [int(pid) for pid in program.wait_for_results(1)[0]["payload"].split()]
        return forked + children_of(program.process.pid)

    def test_kill_9_of_millrace_leaves_nothing(self):
        program = self.program(**{"processing.timeout": "1h"})
        pids = self.busy(program)
        self.assertGreaterEqual(len(pids), 8, "the spawner, five workers, two children")
        program.kill()
        self.gone(pids)

    def test_kill_9_of_the_spawner_ends_the_run_and_leaves_nothing(self):
        program = self.program(**{"processing.timeout": "1h"})
        pids = self.busy(program)
        spawner = children_of(program.process.pid)[0]
        os.kill(spawner, signal.SIGKILL)
        self.assertEqual(program.process.wait(PATIENCE), 1)
        self.assertIn("the spawner process has ended", program.log())
        self.gone(pids)
        again = self.program(**{"processing.timeout": "1s", "processing.attempts": "1"})
        again.wait_for_results(1)
        self.assertEqual([each["payload"] for each in again.results()], ["1"])
        self.assertEqual([each["payload"].strip() for each in again.dead_letters()], ["deaf", "deaf"])
        self.assertEqual(again.stop(), 0)


@unittest.skipUnless(os.geteuid() == 0, "only root makes a PID namespace")
class AsFirstProcess(Kills):
    """The same with millrace as PID 1 of a namespace, as in a container."""

    def program(self, wrapper=IN_A_NAMESPACE, **more):
        program = super().program(wrapper, **more)
        program.unshare = program.process.pid
        first = wait_for(lambda: children_of(program.unshare), "the first process")[0]
        program.kill = lambda: (os.kill(first, signal.SIGKILL), program.process.wait(PATIENCE))
        program.stop = lambda: (os.kill(first, signal.SIGTERM), program.process.wait(PATIENCE))[1]
        program.first = first
        return program

    def busy(self, program):
        self.feed.lines(["fork", "deaf", "deaf", "1"])
        program.wait_for_results(1)
        return children_of(program.unshare)

    def test_kill_9_of_the_spawner_ends_the_run_and_leaves_nothing(self):
        program = self.program(**{"processing.timeout": "1h"})
        pids = self.busy(program)
        os.kill(children_of(program.first)[0], signal.SIGKILL)
        self.assertEqual(program.process.wait(PATIENCE), 1)
        self.gone(pids)

    def test_it_reaps_what_becomes_its_child(self):
        program = self.program()
        program.wait_for_log("health at")
        # `sh` ends before its children do, whose parent is PID 1 from then on.
        subprocess.run(["nsenter", "--target", str(program.first), "--pid", "--mount", "sh", "-c",
                        "sleep 0.2 & sleep 0.2 &"], check=True)

        def zombies():
            return [pid for pid in children_of(program.first) if not alive(pid)]
        wait_for(lambda: len(children_of(program.first)) == 6 and not zombies(),
                 "spawner and five workers, and no more")
        self.assertEqual(program.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
