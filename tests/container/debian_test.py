"""The Debian package: made, installed, run as its unit says, upgraded, removed and purged.

    unshare --mount --net --pid --mount-proc --fork --kill-child --propagation private debian_test.py CPACK_CONFIG

as root. The system that it is installed into is this machine's own under an overlay in memory, with a network of its
own: nothing of it is left. There is no systemd in it that runs, as in a container.
"""
import json
import os
import pwd
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

CPACK_CONFIG = sys.argv.pop(1)
PATIENCE = 60
CONFIG = "/etc/millrace/millrace.json"
UNIT = "/usr/lib/systemd/system/millrace.service"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8"}


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_for(condition, what):
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain for {PATIENCE} s: {what}")
        signal.sigtimedwait([], 0.05)


class System:
    """What is installed into: this machine's files, and in memory what is changed of them."""

    def __init__(self, folder):
        run("mount", "-t", "tmpfs", "tmpfs", folder)
        upper, work, self.root = (Path(folder) / name for name in ("upper", "work", "root"))
        for each in (upper, work, self.root):
            each.mkdir()
        run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", str(self.root))
        run("mount", "-t", "proc", "proc", str(self.root / "proc"))
        run("mount", "--rbind", "/dev", str(self.root / "dev"))
        for each in ("run", "tmp"):
            run("mount", "-t", "tmpfs", "tmpfs", str(self.root / each))
        run("ip", "link", "set", "lo", "up")

    def command(self, *arguments):
        return ["chroot", str(self.root), *arguments]

    def run(self, *arguments):
        return run(*self.command(*arguments), env=ENVIRONMENT)

    def start(self, *arguments, **options):
        return subprocess.Popen(self.command(*arguments), env=ENVIRONMENT, **options)

    def path(self, absolute):
        return self.root / absolute.lstrip("/")

    def status(self):
        return subprocess.run(self.command("dpkg-query", "-W", "-f", "${db:Status-Status}", "millrace"), check=False,
                              capture_output=True, text=True).stdout


class Unit:
    """What the unit says of a service."""

    def __init__(self, text):
        self.text = text

    def __getitem__(self, name):
        return re.search(rf"^{name}=(.*)$", self.text, re.MULTILINE)[1]


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        made = run("cpack", "--config", CPACK_CONFIG, "-B", cls.folder.name)
        (cls.deb,) = Path(cls.folder.name).glob("*.deb")
        cls.made = made
        # The mounts end with the namespace.
        cls.system = System(tempfile.mkdtemp())
        cls.system.path("/tmp/millrace.deb").write_bytes(cls.deb.read_bytes())

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def field(self, name):
        return run("dpkg-deb", "-f", str(self.deb), name).strip()

    def install(self):
        self.system.run("dpkg", "-i", "--force-confold", "/tmp/millrace.deb")

    # unittest goes by the alphabet.
    def test_1_holds_the_program_and_depends_on_what_that_loads(self):
        listed = run("dpkg-deb", "-c", str(self.deb))
        for path, mode in (("/usr/bin/millrace", "-rwxr-xr-x"), (CONFIG, "-rw-r--r--"), (UNIT, "-rw-r--r--")):
            self.assertRegex(listed, rf"{mode} root/root .* \.{path}\n")
        depends = self.field("Depends")
        for library in ("libpaho-mqtt1.3", "libpaho-mqttpp3-1", "libtbb12", "libssl3", "libc6", "libisal2"):
            self.assertRegex(depends, rf"\b{re.escape(library)}")
        self.assertEqual(run("dpkg-deb", "-I", str(self.deb), "conffiles").split(), [CONFIG])

    def test_2_installs_without_starting_anything(self):
        self.install()
        user = next(line.split(":") for line in self.system.path("/etc/passwd").read_text().splitlines()
                    if line.startswith("millrace:"))
        self.assertEqual(user[5:], ["/var/lib/millrace", "/usr/sbin/nologin"])
        journal = self.system.path("/var/lib/millrace").stat()
        self.assertEqual((journal.st_uid, journal.st_mode & 0o777), (int(user[2]), 0o700))
        self.assertEqual(self.system.run("dpkg", "--verify", "millrace"), "")
        self.assertEqual(subprocess.run(["pidof", "millrace"], check=False, capture_output=True).stdout, b"")

    def test_3_has_a_unit_that_systemd_takes_and_finds_closed(self):
        if not self.system.path("/usr/bin/systemd-analyze").exists():
            self.skipTest("there is no systemd-analyze")
        said = subprocess.run(self.system.command("systemd-analyze", "verify", "--man=no", "millrace.service"),
                              env=ENVIRONMENT, capture_output=True, text=True, check=False)
        self.assertNotRegex(said.stdout + said.stderr, r"millrace\.service")
        # Of ten, at which nothing is closed.
        self.system.run("systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", UNIT)

    def start_service(self):
        """As systemd would: the unit's command as the unit's user, without privileges, in an environment of its own."""
        unit = Unit(self.system.path(UNIT).read_text())
        return self.system.start("setpriv", f"--reuid={unit['User']}", f"--regid={unit['Group']}", "--clear-groups",
                                 "--no-new-privs", "--bounding-set=-all", *unit["ExecStart"].split(),
                                 stdout=subprocess.PIPE, stderr=self.log)

    def ready(self):
        try:
            with urllib.request.urlopen("http://127.0.0.1:9464/readyz", timeout=5) as answer:
                return json.load(answer)["ready"]
        except urllib.error.HTTPError:
            return False
        except urllib.error.URLError:
            return False

    def signal(self, service, command):
        """What the unit does with $MAINPID."""
        self.system.run(*shlex.split(command.replace("$MAINPID", str(service.pid))))

    def said(self):
        return Path(self.log.name).read_text()

    def test_4_runs_as_its_unit_says_with_the_configuration_as_installed(self):
        self.log = open(Path(self.folder.name) / "log", "w+", encoding="utf-8")
        self.addCleanup(self.log.close)
        broker = self.system.start("mosquitto", stderr=subprocess.DEVNULL)
        self.addCleanup(broker.wait)
        self.addCleanup(broker.kill)
        service = self.start_service()
        self.addCleanup(service.stdout.close)
        self.addCleanup(service.wait)
        self.addCleanup(service.kill)
        wait_for(lambda: self.ready() or service.poll() is not None, "it is ready")
        self.assertIsNone(service.poll(), self.said())
        status = Path(f"/proc/{service.pid}/status").read_text()
        uid = self.system.path("/var/lib/millrace").stat().st_uid
        self.assertRegex(status, rf"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
        self.assertRegex(status, r"CapEff:\t0+\n")

        # A session that keeps what comes between its two visits.
        watcher = ["mosquitto_sub", "-i", "watcher", "-c", "-q", "1", "-t", "results"]
        self.system.run(*watcher, "-E")
        self.system.run("mosquitto_pub", "-q", "1", "-t", "events/a", "-m", "hello")
        self.assertEqual(self.system.run(*watcher, "-C", "1", "-W", str(PATIENCE)), "hello\n")

        config = self.system.path(CONFIG)
        config.write_text(config.read_text().replace('"level": "info"', '"level": "debug"'))
        unit = Unit(self.system.path(UNIT).read_text())
        self.signal(service, unit["ExecReload"])
        wait_for(lambda: "log.level is now debug" in self.said(), self.said())
        service.send_signal(signal.SIGTERM)
        self.assertEqual(service.wait(PATIENCE), 0, self.said())

    def test_5_keeps_what_the_administrator_has_changed_through_an_upgrade_and_a_removal(self):
        config = self.system.path(CONFIG)
        self.assertIn('"level": "debug"', config.read_text())
        self.install()
        self.assertIn('"level": "debug"', config.read_text())
        self.system.run("dpkg", "-r", "millrace")
        self.assertEqual(self.system.status(), "config-files")
        self.assertFalse(self.system.path("/usr/bin/millrace").exists())
        self.assertFalse(self.system.path(UNIT).exists())
        self.assertIn('"level": "debug"', config.read_text())
        self.assertTrue(list(self.system.path("/var/lib/millrace").iterdir()), "the journal")

    def test_6_leaves_nothing_but_its_user_when_purged(self):
        self.system.run("dpkg", "-P", "millrace")
        self.assertNotEqual(self.system.status(), "config-files")
        for path in ("/etc/millrace", "/var/lib/millrace", "/usr/share/doc/millrace"):
            self.assertFalse(self.system.path(path).exists(), path)
        self.install()  # again, on top of that user
        self.system.run("dpkg", "-P", "millrace")

    def test_7_makes_its_user_without_systemd_as_well(self):
        passwd, group, shadow = (self.system.path(f"/etc/{name}") for name in ("passwd", "group", "shadow"))
        for each in (passwd, group, shadow, self.system.path("/etc/gshadow")):
            each.write_text("".join(line for line in each.read_text().splitlines(True)
                                    if not line.startswith("millrace:")))
        self.system.path("/usr/bin/systemd-sysusers").unlink(missing_ok=True)
        self.install()
        self.assertRegex(passwd.read_text(), r"(?m)^millrace:.*:/var/lib/millrace:/usr/sbin/nologin$")
        self.system.run("dpkg", "-P", "millrace")


if __name__ == "__main__":
    assert pwd.getpwuid(os.geteuid()).pw_name == "root", "as root"
    unittest.main(verbosity=2)
