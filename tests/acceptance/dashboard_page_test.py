"""The dashboard in a real Chromium, beside a server that says what a test wants."""
import base64
import time
import unittest

from browser import Browser
from fake_mill import FakeMill, connection, status
from figures import text_of, value_of
from support import wait_for

SHOWS = 5  # seconds within which the page tells of what has happened
SLOW = {"in": 3.0, "out": 3.0}


def event(number, at, worker=0, **changes):
    """What the tap says of one that took half a second."""
    return {"stage": "outcomes", "event": f"5f3a9c01-{number}.0", "number": number, "stream": "events/a",
            "bytes_in": 12, "received": at - 0.5, "cut": at - 0.5, "kind": "result", "cause": "", "dropped": False,
            "worker": worker, "attempts": 1, "bytes_out": 24, "started": at - 0.45, "last_started": at - 0.45,
            "finished": at - 0.1, "emitted": at - 0.05, "confirmed": at, "left_out": 0,
            **changes}


def under_way(number, stage, worker, **changes):
    """What the status says of one that was cut ten seconds ago."""
    return {"event": f"5f3a9c01-{number}.0", "number": number, "stage": stage, "since_seconds": 6.0, "cut_seconds": 10.0,
            "worker": worker, "attempts": 1, "started_seconds": 9.0,
            "finished_seconds": None if stage == "working" else 7.0, **changes}


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.mill = None
        self.browser.resize(1280, 1400)
        self.browser.prefer("light")
        self.browser.open("about:blank")
        self.browser.complaints()  # what was said before

    def tearDown(self):
        if self.mill:
            self.mill.close()

    def show(self, token="", waits=True, **changes):
        self.mill = FakeMill(token)
        self.mill.status = status(**changes)
        self.browser.open(self.mill.url)
        if waits:
            self.wait_for_state("answers")

    def wait_for_state(self, state, patience=60):
        wait_for(lambda: self.browser.run("return document.documentElement.dataset.state") == state, state, patience)

    def become(self, **changes):
        """Another status, and the page has heard of it."""
        self.mill.status = status(version=f"after {self.mill.asked}", **changes)
        told = f"version {self.mill.status['version']}"
        wait_for(lambda: self.browser.text("#version") == told, told)

    def verdict(self):
        return (self.browser.run("return document.getElementById('verdict').dataset.tone"),
                self.browser.text("#verdict-title"), self.browser.text("#verdict-text"))

    def pixels(self):
        return self.browser.run("return document.getElementById('lanes').toDataURL()")

    def lanes_with(self, colour):
        """For each lane that has it, at how many places; -1 is the rail above, 5 the one below."""
        return {int(lane): count for lane, count in self.browser.run("""
            const canvas = document.getElementById('lanes');
            const wanted = getComputedStyle(document.getElementById(arguments[0])).backgroundColor.match(/\\d+/g).map(Number);
            const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const columns = {};
            for (let at = 0; at < width * height; at += 1) {
              if (data[4 * at + 3] !== 255 || wanted.some((part, i) => data[4 * at + i] !== part)) continue;
              const lane = Math.max(-1, Math.min(5, Math.floor((Math.floor(at / width) - 26) / 36)));
              (columns[lane] ??= new Set()).add(at % width);
            }
            return Object.fromEntries(Object.entries(columns).map(([lane, places]) => [lane, places.size]))""",
                                                                  colour).items()}

    def wait_for_tap(self):
        wait_for(lambda: self.mill.clients, "the page looks on")

    def test_every_number_is_that_of_the_status(self):
        self.show()
        shown = self.browser.run("""return [...document.querySelectorAll('[data-path]')].map((each) =>
            [each.dataset.path, each.dataset.as ?? '', each.tagName === 'DATA' ? each.value : null, each.textContent])""")
        self.assertGreater(len(shown), 55)
        self.assertEqual(self.browser.text("#turn"), "3")
        self.assertEqual(self.browser.text("#source-topics"), "sensors/#, events/+/raw")
        for path, form, value, text in shown:
            expected = value_of(self.mill.status, path)
            self.assertEqual(text, text_of(expected, form), path)
            if value is not None:
                self.assertEqual(value, "" if expected is None else
                                 self.browser.run("return String(arguments[0])", expected), path)
        self.assertEqual(self.browser.complaints(), [])

    def test_what_is_absent_is_not_made_up(self):
        self.show(head_of_line=None, last_dead_letters=[], workers=[], journal=None, latency_seconds={},
                  configuration={**status()["configuration"], "source": "stdin:", "sink": "stdout:"})
        self.assertEqual(self.browser.text("[data-path='latency_seconds.total.p99']"), "–")
        self.assertEqual(self.browser.text("[data-path='journal.bytes']"), "–")
        self.assertEqual(self.browser.text("#turn"), "0")
        self.assertEqual(self.browser.text("#source-topics") + self.browser.text("#sink-topic"), "")
        self.assertTrue(self.browser.run("return document.getElementById('head-some').hidden"))
        self.assertFalse(self.browser.run("return document.getElementById('head-none').hidden"))
        self.assertTrue(self.browser.run("return document.querySelector('[data-with=fan_out_clients]').hidden"))
        self.become(fan_out_clients=7)
        self.assertEqual(self.browser.text("[data-path='fan_out_clients']"), "7")
        self.assertEqual(self.browser.complaints(), [])

    def test_it_says_in_a_sentence_what_is_the_matter(self):
        self.show()
        self.assertEqual(self.verdict()[:2], ("good", "Running"))
        away = {"ok": False, "reason": "connection refused"}
        well = {"ok": True}
        self.become(ready=False, health={"source": away, "sink": well, "journal": well, "processing": well},
                    connections={"source": connection(ok=False, connected=False, reason="connection refused"),
                                 "sink": connection(), "dead_letters": connection()})
        tone, title, text = self.verdict()
        self.assertEqual((tone, title), ("bad", "Not ready"))
        self.assertIn("Source: connection refused.", text)
        self.assertEqual(self.browser.run("return document.querySelector('#node-source .dot').dataset.ok"), "false")
        self.assertIn("connection refused", self.browser.text("#connections"))
        self.assertIn("Dead letters", self.browser.text("#connections"))
        self.become(pauses={"now": True, "count": 1, "seconds": 1})
        self.assertEqual(self.verdict()[:2], ("warn", "Paused"))
        self.become(live=False)
        self.assertEqual(self.verdict()[:2], ("bad", "Stuck"))
        self.become(state="stopping", ready=False)
        self.assertEqual(self.verdict()[:2], ("warn", "Stopping"))
        head = {**status()["head_of_line"], "age_seconds": 42.0, "stage": "retrying", "results_waiting": 1}
        self.become(head_of_line=head)
        self.assertEqual(self.verdict(), ("warn", "Running, held up", "Event 5f3a9c01-1742.0 is 42.0 s old, waits for its "
                                          "next attempt; 1 result waits behind it."))

    def test_silence_shows_within_five_seconds_and_so_does_its_end(self):
        self.show()
        self.mill.may_answer.clear()
        self.wait_for_state("silent", SHOWS)
        self.assertEqual(self.verdict()[1], "millrace does not answer")
        self.mill.may_answer.set()
        self.wait_for_state("answers", SHOWS)
        self.assertEqual(self.verdict()[1], "Running")
        self.mill.close()
        self.wait_for_state("silent", SHOWS)
        self.assertEqual(self.verdict()[1], "millrace does not answer")

    def test_the_lanes_move_and_tell_of_an_event(self):
        self.show()
        self.wait_for_tap()
        before = self.pixels()
        now = time.time()
        self.mill.tell([event(i, now - 2 + i / 5, worker=i % 5) for i in range(10)])
        self.mill.tell([event(10, now, worker=2, kind="rejected", cause="<b>no number</b>", attempts=3)])
        wait_for(lambda: self.pixels() != before, "bars")
        held = self.pixels()
        wait_for(lambda: self.pixels() != held, "they move")
        self.browser.run("document.getElementById('lanes').focus()")
        body = self.browser.driver.switch_to.active_element
        body.send_keys("\ue012")  # left: the last
        self.assertEqual(self.browser.text("#picked"),
                         "5f3a9c01-10.0 · number 10 · events/a · rejected: <b>no number</b> · worker 2 · 3 attempts"
                         " · queue 50.0 ms · work 350 ms · order 50.0 ms · confirm 50.0 ms")
        body.send_keys("\ue012")
        self.assertIn("number 9", self.browser.text("#picked"))
        body.send_keys("\ue014")
        self.assertIn("number 10", self.browser.text("#picked"))
        body.send_keys("p")
        self.assertEqual(self.browser.run("return document.getElementById('hold').ariaPressed"), "true")
        wait_for(lambda: self.pixels() == self.browser.run("""return new Promise((next) => setTimeout(() =>
            next(document.getElementById('lanes').toDataURL()), 300))"""), "they stand still")
        self.assertEqual(self.browser.complaints(), [])

    def test_what_is_done_and_waits_is_in_its_lane(self):
        self.show()
        self.assertEqual((self.lanes_with("c-work"), self.lanes_with("c-turn")), ({}, {}))
        self.become(under_way=[
            under_way(1, "working", 0), under_way(2, "turn", 1), under_way(3, "retrying", 2),
            under_way(4, "confirming", 3), under_way(5, "waiting", None, started_seconds=None, finished_seconds=None),
            under_way(6, "turn", 4, since_seconds=0.1)])
        wait_for(lambda: self.lanes_with("c-turn"), "those that wait")
        self.assertEqual(set(self.lanes_with("c-work")), {1, 3})
        self.assertEqual(set(self.lanes_with("c-bad")), {2})
        turn = self.lanes_with("c-turn")
        self.assertEqual(set(turn), {1, 3})
        self.assertGreater(turn[1], 3 * turn[3], "until now, and until its turn")
        self.assertEqual(self.lanes_with("c-confirm"), {})
        self.wait_for_tap()
        self.mill.tell([event(2, time.time(), worker=1)])
        wait_for(lambda: set(self.lanes_with("c-confirm")) == {5}, "it has left")
        self.assertLess(self.lanes_with("c-turn")[1], turn[1] / 3, "and waits no more")

    def test_of_several_attempts_the_last_is_in_its_lane(self):
        self.show(rates=SLOW)
        self.wait_for_tap()
        now = time.time()
        self.mill.tell([event(1, now, worker=2, kind="failed", attempts=3, started=now - 25, last_started=now - 5)])
        wait_for(lambda: 2 in self.lanes_with("c-bad"), "a bar")
        width = self.browser.run("return document.getElementById('lanes').width")
        self.assertLess(self.lanes_with("c-bad")[2], width / 4)

    def test_a_phone_begins_with_ten_seconds(self):
        for width, span in ((1280, "30 s"), (390, "10 s")):
            self.browser.resize(width, 844)
            self.show(rates=SLOW)
            self.assertEqual(self.browser.text("[data-window][aria-pressed=true]"), span)
            self.mill.close()

    def test_hours_of_events_take_no_more_room(self):
        self.show()
        self.wait_for_tap()
        driver, number = self.browser.driver, 0

        def heap_after(events):
            nonlocal number
            until = number + events
            while number < until:
                now = time.time()
                self.mill.tell([event(number + i, now + i / 1000, worker=i % 5) for i in range(500)])
                number += 500
            self.browser.run("document.getElementById('lanes').focus()")
            shows_last = f"number {number - 1} "

            def last_is_there():
                driver.switch_to.active_element.send_keys("\ue014" * 3)
                return shows_last in self.browser.text("#picked")
            wait_for(last_is_there, f"the page has heard {number} events")
            driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
            return driver.execute_cdp_cmd("Runtime.getHeapUsage", {})["usedSize"]
        full = heap_after(20000)
        nodes = self.browser.run("return document.querySelectorAll('*').length")
        grown = heap_after(20000) - full
        # Of 20,000 events that it kept there would be several times as much; the browser itself moves by a megabyte.
        self.assertLess(grown, 3 << 20)
        self.assertEqual(self.browser.run("return document.querySelectorAll('*').length"), nodes)

    def test_the_token_is_asked_for_and_brought(self):
        self.show(token="s?s>me/ü=", waits=False)
        self.wait_for_state("locked")
        self.assertEqual(self.browser.run("return document.getElementById('content').hidden"), True)
        field = self.browser.driver.switch_to.active_element
        field.send_keys("wrong\n")
        asked = self.mill.asked
        field.send_keys("s?s>me/ü=\n")
        self.wait_for_state("answers")
        self.assertEqual(asked, 0)
        self.wait_for_tap()
        coded = base64.urlsafe_b64encode("s?s>me/ü=".encode()).decode().rstrip("=")
        self.assertEqual(self.mill.offered[-1], ["millrace-tap", "bearer." + coded])
        self.assertNotIn("s%3Fs", self.browser.driver.current_url)
        self.browser.run("sessionStorage.clear()")

    def test_light_dark_and_as_the_system(self):
        self.show()

        def ground():
            return self.browser.run("return getComputedStyle(document.body).backgroundColor")
        light = ground()
        self.browser.prefer("dark")
        dark = ground()
        self.assertNotEqual(light, dark)
        switch = self.browser.driver.find_element("id", "theme")
        switch.click()
        self.assertEqual((switch.text.split()[-1], ground()), ("Light", light))
        switch.click()
        self.browser.prefer("light")
        self.assertEqual((switch.text.split()[-1], ground()), ("Dark", dark))
        self.browser.open(self.mill.url)
        self.wait_for_state("answers")
        self.assertEqual(ground(), dark)
        self.browser.driver.find_element("id", "theme").click()
        self.assertEqual(ground(), light)

    def test_it_fits_a_phone(self):
        self.show()
        for width in (360, 390, 700, 1000):
            self.browser.resize(width, 900)
            wide = self.browser.run("return [document.documentElement.scrollWidth, innerWidth]")
            self.assertEqual(wide[0], min(wide[0], width), f"at {width}")

    def test_everything_has_a_name(self):
        self.show()
        nodes = self.browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        named = [node for node in nodes if node.get("role", {}).get("value") in
                 ("button", "textbox", "image", "group", "heading", "region", "columnheader")
                 and not node.get("ignored")]
        self.assertGreater(len(named), 20)
        for node in named:
            self.assertTrue(node.get("name", {}).get("value", "").strip(), node)

    def test_nothing_that_is_told_becomes_code_and_nothing_is_fetched_elsewhere(self):
        evil = "<img src=x onerror=\"document.title='evil'\">"
        letter = {"time": evil, "event": evil, "stream": evil, "kind": evil, "cause": evil, "attempts": 1}
        base = status()
        self.show(version=evil, last_dead_letters=[letter],
                  configuration={**base["configuration"], "source": evil, "topics": [evil], "processing": evil},
                  connections={**base["connections"], "sink": connection(ok=False, reason=evil)},
                  workers=[{**base["workers"][0], "event": evil}],
                  head_of_line={**base["head_of_line"], "event": evil, "stage": evil})
        self.assertEqual(self.browser.run("return document.querySelectorAll('main img').length"), 0)
        self.assertIn(evil, self.browser.text("#letters"))
        self.assertEqual(self.browser.run("return document.title"), "millrace")
        fetched = self.browser.run("return performance.getEntriesByType('resource').map((each) => each.name)")
        self.assertEqual([each for each in fetched if not each.startswith(self.mill.url)], [])
        self.assertEqual(self.browser.complaints(), [])


if __name__ == "__main__":
    unittest.main()
