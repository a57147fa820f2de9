"""The dashboard and `millrace tap` beside the real program and a real Mosquitto."""
import json
import re
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from browser import Browser
from feeds import free_port
from figures import text_of, value_of
from support import PATIENCE, PROGRAM, Program, run_to_end, wait_for

SHOWS = 5  # seconds within which the page tells of what has happened


class Broker:
    """A Mosquitto that can be killed and come again."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.settings = Path(self.folder.name, "mosquitto.conf")
        self.settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        self.folder.cleanup()

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(["mosquitto", "-c", self.settings], stderr=subprocess.DEVNULL)
        wait_for(self._accepts, "mosquitto")

    def _accepts(self):
        try:
            return socket.create_connection(("127.0.0.1", self.port), 1).close() or True
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def publish(self, *payloads):
        subprocess.run(["mosquitto_pub", "-p", str(self.port), "-q", "1", "-t", "events/a", "-l"], check=True,
                       input="\n".join(payloads) + "\n", text=True, timeout=PATIENCE)


def address_of(program):
    return program.wait_for_log(r"health at (http://\S+)/readyz")[1]


def status_of(program):
    with urllib.request.urlopen(address_of(program) + "/status", timeout=5) as answer:
        return json.load(answer)


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.browser.open("about:blank")
        self.browser.complaints()  # what was said before

    def start(self, source, sink="stdout:", **settings):
        settings = {key.replace("__", "."): value for key, value in settings.items()}
        return self.enterContext(Program(settings={"source.url": source, "sink.url": sink,
                                                   "journal.durability": "off", **settings}))

    def show(self, program):
        self.browser.resize(1280, 1300)
        self.browser.open(address_of(program) + "/")
        wait_for(lambda: self.browser.run("return document.documentElement.dataset.state") == "answers", "an answer")

    def tone(self):
        return self.browser.run("return document.getElementById('verdict').dataset.tone")

    def number(self, path):
        return self.browser.run("return document.querySelector(`data[data-path='${arguments[0]}']`).value", path)

    def test_its_numbers_are_those_of_the_status_and_of_what_was_sent(self):
        with Broker() as broker:
            program = self.start(broker.url, broker.url, processing__type="square")
            wait_for(lambda: program.readiness()["ready"], "ready")
            self.show(program)
            broker.publish(*(str(i) for i in range(40)), "poison", "1.5")
            wait_for(lambda: self.number("out.confirmed") == "42", "the page has heard of all")
            for path, count in (("in.messages", 42), ("frames.count", 42), ("out.results", 40), ("out.rejected", 2),
                                ("out.dead_letters", 2), ("out.failed", 0), ("in_flight.events", 0)):
                self.assertEqual(self.number(path), str(count), path)
            sent = sum(len(str(i)) for i in range(40)) + len("poison") + len("1.5")
            self.assertEqual(self.number("in.bytes"), str(sent))
            self.assertEqual(self.number("out.bytes"), str(sum(len(str(i * i)) for i in range(40))))
            letters = self.browser.text("#letters tbody")
            self.assertEqual(letters.count("payload is not a decimal integer"), 2)
            self.compare(program)

    def compare(self, program):
        """What moves by itself is left out; the rest is what /status says."""
        status = status_of(program)
        shown = self.browser.run("""return [...document.querySelectorAll('[data-path]')].map((each) =>
            [each.dataset.path, each.dataset.as ?? '', each.textContent])""")
        moving = ("uptime_seconds", "rates.", "journal.oldest", "pauses.seconds", "latency_seconds.")
        still = [each for each in shown if not each[0].startswith(moving)]
        self.assertGreater(len(still), 25)
        for path, form, text in still:
            self.assertEqual(text, text_of(value_of(status, path), form), path)

    def test_a_killed_broker_shows_within_five_seconds(self):
        with Broker() as broker:
            program = self.start(broker.url, broker.url)
            self.show(program)
            wait_for(lambda: self.tone() == "good", "all is well")
            broker.kill()
            wait_for(lambda: self.tone() == "bad", "the page tells of it", SHOWS)
            self.assertEqual(self.browser.text("#verdict-title"), "Not ready")
            self.assertIn("Source: ", self.browser.text("#verdict-text"))
            self.assertEqual(self.browser.run("return document.querySelector('#node-source .dot').dataset.ok"), "false")
            broker.start()
            wait_for(lambda: self.tone() == "good", "all is well again")
            program.kill()
            wait_for(lambda: self.browser.text("#verdict-title") == "millrace does not answer", "silence", SHOWS)

    def test_the_lanes_show_events_as_they_pass(self):
        program = self.start("generate:?interval=60ms", processing__type="square", processing__delay="250ms")
        self.show(program)

        def pixels():
            return self.browser.run("return document.getElementById('lanes').toDataURL()")

        def picked():
            self.browser.run("document.getElementById('lanes').focus()")
            self.browser.driver.switch_to.active_element.send_keys("\ue014")
            return re.search(r"number (\d+) · generate\S* · result · worker [0-4] · .*work (\d+) ms",
                             self.browser.text("#picked"))
        first = wait_for(picked, "an event")
        self.assertGreaterEqual(int(first[2]), 249)
        before = pixels()
        wait_for(lambda: pixels() != before, "the lanes move")
        wait_for(lambda: int(picked()[1]) > int(first[1]), "later events come")
        self.assertEqual(self.browser.complaints(), [])
        wait_for(lambda: int(self.number("out.confirmed") or 0) > 60, "a picture's worth")
        for colours in ("light", "dark"):
            self.browser.prefer(colours)
            wait_for(lambda: pixels() != before, "it is drawn")
            self.browser.picture(f"dashboard-{colours}")

    def test_the_page_says_that_live_events_are_off(self):
        program = self.start("generate:?interval=50ms", http__tap="off")
        self.show(program)
        wait_for(lambda: "switched off" in self.browser.text("#live"), "a word about it")
        self.assertEqual(self.tone(), "good")

    def test_the_page_looks_on_with_a_token(self):
        program = self.start("generate:?interval=50ms", http__token="s?s>me/ü=")
        self.browser.open(address_of(program) + "/")
        wait_for(lambda: self.browser.run("return document.documentElement.dataset.state") == "locked", "a lock")
        self.browser.driver.switch_to.active_element.send_keys("s?s>me/ü=\n")
        wait_for(lambda: self.browser.run("return document.documentElement.dataset.state") == "answers", "an answer")

        def picked():
            self.browser.run("document.getElementById('lanes').focus()")
            self.browser.driver.switch_to.active_element.send_keys("\ue014")
            return "number" in self.browser.text("#picked")
        wait_for(picked, "an event")


class Tap(unittest.TestCase):
    def test_it_shows_every_event_once_and_in_order(self):
        port = free_port()
        settings = {"source.url": "generate:?interval=5ms", "sink.url": "stdout:", "journal.durability": "off",
                    "processing.type": "square", "http.listen": f"127.0.0.1:{port}", "http.tap": "payloads"}
        with Program(settings=settings) as program:
            wait_for(lambda: program.readiness()["ready"], "ready")
            listen = f"--set=http.listen=127.0.0.1:{port}"
            lines = run_to_end("tap", "--json", "--limit", "50", listen).stdout.splitlines()
            events = [json.loads(line) for line in lines]
            first = events[0]["number"]
            self.assertEqual([each["number"] for each in events], list(range(first, first + 50)))
            self.assertEqual({int(each["payload"]) - (each["number"] + 1) ** 2 for each in events}, {0})
            for each in events:
                steps = [each[step] for step in ("cut", "started", "finished", "emitted", "confirmed")]
                self.assertEqual(steps, sorted(steps))
                self.assertLess(abs(each["confirmed"] - time.time()), 120)
            text = run_to_end("tap", "--limit", "3", listen)
            self.assertEqual(text.returncode, 0, text.stderr)
            self.assertEqual(len(text.stdout.splitlines()), 3)
            self.assertRegex(text.stdout.splitlines()[0], r"^\d\d:\d\d:\d\d\.\d{3}  \S+-\d+\.0  \S+  result  worker [0-4]"
                             r"  \d+ B to \d+ B  queue .*, work .*, order .*, confirm .*  \"\d+\"$")
            for stage in ("chunks", "frames"):
                lines = run_to_end("tap", "--json", "--limit", "2", "--stage", stage, listen).stdout.splitlines()
                self.assertEqual([json.loads(line)["stage"] for line in lines], [stage] * 2)

    def test_it_ends_with_its_reader_and_with_millrace(self):
        with Program(settings={"source.url": "generate:?interval=5ms", "sink.url": "stdout:",
                               "journal.durability": "off"}) as program:
            listen = "--set=http.listen=" + address_of(program).removeprefix("http://")
            looking = subprocess.Popen(  # pylint: disable=consider-using-with
                [PROGRAM, "tap", listen], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertIn("result", looking.stdout.readline())
            looking.stdout.close()
            self.assertEqual(looking.wait(PATIENCE), 0)
            self.assertEqual(looking.stderr.read(), "")
            looking.stderr.close()
            looking = subprocess.Popen(  # pylint: disable=consider-using-with
                [PROGRAM, "tap", listen], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertIn("result", looking.stdout.readline())
            self.assertEqual(program.stop(), 0)
            said = looking.communicate(timeout=PATIENCE)[1]
            self.assertEqual(looking.returncode, 1)
            self.assertRegex(said, r"^millrace tap: the connection has ended: [^\n]*1001\n$")


if __name__ == "__main__":
    unittest.main()
