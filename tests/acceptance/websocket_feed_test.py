"""`ws://` and `wss://` as sources, fed by a server of the `websockets` package."""
import subprocess
import tempfile
import unittest
from pathlib import Path

from feeds import Feed, Loop
from support import Program, run_to_end, wait_for
from trust import make_certificates, server_context


class FromAFeed(unittest.TestCase):
    def setUp(self):
        self.loop = Loop()
        self.addCleanup(self.loop.close)

    def start(self, url, **settings):
        settings = {key.replace("__", "."): value for key, value in settings.items()}
        settings = {"source.url": url, "sink.url": "stdout:", "sink.envelope": "true", **settings}
        return self.enterContext(Program(settings=settings))

    @staticmethod
    def payloads(program):
        return [each["payload"] for each in program.results()]

    def test_every_message_comes_in_order(self):
        feed = Feed(self.loop)
        program = self.start(feed.url)
        feed.wait_for_client()
        feed.send(*(f"{i} {'x' * (i % 3000)}" for i in range(3000)), "grüße", "")
        results = program.wait_for_results(3002)
        self.assertEqual([each["payload"].split(" ")[0] for each in results[:3000]], [str(i) for i in range(3000)])
        self.assertEqual([each["payload"] for each in results[3000:]], ["grüße", ""])
        self.assertEqual(results[0]["stream"], feed.url)
        feed.send(b"\xff\x00")
        self.assertEqual(program.wait_for_results(3003)[3002]["encoding"], "base64")
        self.assertTrue(program.readiness()["ready"])
        self.assertEqual(program.stop(), 0)

    def test_fragments_are_joined_and_pings_answered(self):
        # The server closes a connection on which a ping is not answered within a second.
        feed = Feed(self.loop, ping_interval=0.2, ping_timeout=1)
        program = self.start(feed.url)
        feed.wait_for_client()
        for i in range(30):
            feed.send([f"{i} ", "in ", "three"])
            program.wait_for_results(i + 1)
        self.assertEqual(self.payloads(program), [f"{i} in three" for i in range(30)])
        self.assertNotIn("lost", program.log())

    def test_it_says_who_it_is_and_what_it_wants(self):
        feed = Feed(self.loop)
        with tempfile.NamedTemporaryFile("w") as token:
            token.write("sesame\n")
            token.flush()
            settings = {"source.url": feed.url + "/prices?since=now", "sink.url": "stdout:",
                        "source.subscribe": '["{\\"op\\": \\"subscribe\\", \\"to\\": [1, 2]}", "more"]'}
            environment = {"MILLRACE_SOURCE_TOKEN_FILE": token.name,
                           "MILLRACE_SOURCE_HEADERS": '{"X-Room": "seven, or eight"}'}
            program = self.enterContext(Program(settings=settings, environment=environment))
            wait_for(lambda: len(feed.heard) == 2, "both subscriptions")
            path, headers = feed.requests[0]
            self.assertEqual(path, "/prices?since=now")
            self.assertEqual(headers["Authorization"], "Bearer sesame")
            self.assertEqual(headers["X-Room"], "seven, or eight")
            self.assertEqual(feed.heard, ['{"op": "subscribe", "to": [1, 2]}', "more"])
            shown = run_to_end("print-config", environment=environment)
        self.assertNotIn("sesame", program.log() + shown.stdout)
        self.assertNotIn("seven", program.log() + shown.stdout)
        self.assertIn('source.headers = "***"', shown.stdout)

    def test_it_comes_back_and_names_the_gap(self):
        feed = Feed(self.loop)
        program = self.start(feed.url, source__subscribe="again")
        feed.wait_for_client()
        feed.send("before")
        program.wait_for_results(1)
        feed.close()
        wait_for(lambda: not program.readiness()["ready"], "not ready")
        self.assertIn("the peer has closed it with 1001", program.log())
        feed.open()
        feed.wait_for_client()
        feed.send("after")
        program.wait_for_results(2)
        self.assertEqual(feed.heard, ["again", "again"])
        program.wait_for_log(r"gap 1: what the feed sent from \S+Z to \S+Z is lost")
        self.assertTrue(program.readiness()["ready"])
        self.assertEqual(self.payloads(program), ["before", "after"])

    def test_the_last_half_line_of_a_connection_is_one_dead_letter(self):
        feed = Feed(self.loop)
        program = self.start(feed.url, framing__type="lines")
        feed.wait_for_client()
        feed.send("one\ntw", "o\nthr")
        program.wait_for_results(2)
        feed.close()
        feed.open()
        feed.wait_for_client()
        feed.send("four\n")
        program.wait_for_results(3)
        self.assertEqual(self.payloads(program), ["one", "two", "four"])
        letters = program.wait_for_dead_letters(1)
        self.assertEqual([letter["payload"] for letter in letters], ["thr"])

    def test_a_slow_way_out_holds_the_feed_and_loses_nothing(self):
        feed = Feed(self.loop, ping_interval=1, ping_timeout=60)
        settings = {"source.url": feed.url, "source.keep_alive": "60s", "sink.url": "stdout:",
                    "journal.durability": "off", "limits.in_flight_bytes": "2MiB", "limits.partial_bytes": "1MiB"}
        program = self.enterContext(Program(settings=settings, stdout=subprocess.PIPE))
        feed.wait_for_client()
        lines = [f"{i} {'x' * 10000}" for i in range(1500)]

        async def send_all():
            for line in lines:
                await feed.clients[0].send(line)
        sending = self.loop.start(send_all())
        program.wait_for_log("paused: no room until results have gone out")
        self.assertFalse(sending.done(), "15 MB do not fit into sockets and 2 MiB")
        read = [program.process.stdout.readline().decode().rstrip("\n") for _ in lines]
        self.assertEqual(read, lines)
        sending.result(10)
        self.assertNotIn("gap", program.log())


class Trust(unittest.TestCase):
    def setUp(self):
        self.loop = Loop()
        self.addCleanup(self.loop.close)
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.ca = make_certificates(self.folder)

    def test_a_server_that_the_authority_vouches_for_by_name(self):
        feed = Feed(self.loop, tls=server_context(self.folder, "localhost"))
        settings = {"source.url": feed.url, "sink.url": "stdout:", "source.tls.ca": self.ca}
        program = self.enterContext(Program(settings=settings))
        feed.wait_for_client()
        self.assertEqual(program.stop(), 0)
        checked = run_to_end("check", "--connect", *(f"--set={k}={v}" for k, v in settings.items()))
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        self.assertIn(f"source wss://localhost:{feed.port}: ok", checked.stdout)

    def test_a_server_with_another_name_or_of_nobody_known(self):
        feed = Feed(self.loop, tls=server_context(self.folder, "elsewhere"))
        for settings in ({"source.tls.ca": self.ca}, {}):
            settings = {"source.url": feed.url, "sink.url": "stdout:", **settings}
            checked = run_to_end("check", "--connect", *(f"--set={k}={v}" for k, v in settings.items()))
            self.assertEqual(checked.returncode, 1)
            self.assertRegex(checked.stderr, "^source wss://localhost:.*: TLS: .*\n$")
        self.assertEqual(feed.requests, [])


if __name__ == "__main__":
    unittest.main()
