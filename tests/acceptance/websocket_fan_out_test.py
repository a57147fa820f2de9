"""`ws-listen://` and `ws://` as sinks, heard by clients of the `websockets` package.

MILLRACE_FAULTS=full has a thousand listeners, else there are two hundred.
"""
import asyncio
import os
import resource
import socket
import tempfile
import threading
import unittest
from pathlib import Path

import websockets

from feeds import Feed, Listener, Listeners, Loop, connect, free_port
from support import PATIENCE, Program, run_to_end, wait_for
from trust import make_certificates

FULL = os.environ.get("MILLRACE_FAULTS") == "full"
LISTENERS = 1000 if FULL else 200
ROUNDS = 120 if FULL else 60
PAUSE = 0.25 if FULL else 0.05  # seconds between two messages
SIZE = 4000
MEMORY = 160 << 20


def own_bytes(pid):
    """RssAnon + RssShmem."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(("RssAnon", "RssShmem")))


def numbered(number):
    return f"{number:<12}" + "x" * (SIZE - 12)


class Silent:
    """Upgrades, and then reads nothing."""

    def __init__(self, port):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


class Restless:
    """Connects, listens for a second, goes, and comes again."""

    def __init__(self, loop, url):
        self.stays, self.stopping = [], False
        self.task = loop.start(self._run(url))

    async def _run(self, url):
        while not self.stopping:
            listener = Listener()
            try:
                await asyncio.wait_for(listener.listen(url, lambda: None), 1)
            except (asyncio.TimeoutError, OSError, websockets.InvalidHandshake, websockets.ConnectionClosed):
                pass
            self.stays.append(listener)


class FanOut(unittest.TestCase):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
        self.loop = Loop()
        self.addCleanup(self.loop.close)

    def start(self, source, sink, **settings):
        settings = {key.replace("__", "."): value for key, value in settings.items()}
        settings = {"source.url": source, "sink.url": sink, **settings}
        program = self.enterContext(Program(settings=settings))
        wait_for(lambda: program.readiness()["sink"]["ok"], "it listens")
        return program

    def test_all_hear_everything_beside_one_that_is_deaf_and_one_that_comes_and_goes(self):
        feed = Feed(self.loop)
        port = free_port()
        url = f"ws://127.0.0.1:{port}/"
        program = self.start(feed.url, f"ws-listen://127.0.0.1:{port}/", sink__max_clients=LISTENERS + 10,
                             sink__client_queue_bytes="256KiB" if FULL else "64KiB", sink__keep_alive="120s")
        feed.wait_for_client()
        listeners = Listeners(self.loop, url, LISTENERS)
        listeners.wait_until_connected()
        silent, restless = Silent(port), Restless(self.loop, url)
        pause = threading.Event()
        number = most = 0
        while number < ROUNDS or "disconnected with 1013" not in program.log():
            self.assertLess(number, 100 * ROUNDS, "the deaf one is never disconnected")
            feed.send(numbered(number))
            number += 1
            most = max(most, own_bytes(program.process.pid))
            pause.wait(PAUSE)
        listeners.wait_for_number(number - 1)
        restless.stopping = True
        self.assertEqual(program.stop(), 0)
        listeners.wait_until_gone()
        restless.task.result(PATIENCE)
        silent.socket.close()
        self.assertEqual({each.problem for each in listeners.all}, {None})
        self.assertEqual({(each.first, each.last, each.count) for each in listeners.all}, {(0, number - 1, number)})
        self.assertEqual({each.code for each in listeners.all}, {1001})
        self.assertEqual(program.log().count("disconnected with 1013"), 1, program.log())
        self.assertGreater(len(restless.stays), 1)
        self.assertEqual({each.problem for each in restless.stays}, {None})
        self.assertLess(most, MEMORY)
        print(f"{LISTENERS} listeners heard {number} results each; at most {most >> 20} MiB")

    def test_only_those_who_may_enter(self):
        port = free_port()
        url = f"ws://127.0.0.1:{port}/out"
        self.start("generate:?interval=10ms", f"ws-listen://127.0.0.1:{port}/out", sink__token="sesame",
                   sink__origins="https://shop.example", sink__max_clients=1)

        async def status(headers, path="", **options):
            try:
                async with connect(url + path, headers, **options) as client:
                    return int(await client.recv()) > 0
            except (getattr(websockets, "InvalidStatus", None) or websockets.InvalidStatusCode,
                    websockets.exceptions.InvalidStatusCode) as refused:
                return getattr(refused, "status_code", None) or refused.response.status_code
        told = {"Authorization": "Bearer sesame"}
        self.assertEqual(self.loop.run(status({})), 401)
        self.assertEqual(self.loop.run(status({"Authorization": "Bearer sesam"})), 401)
        self.assertEqual(self.loop.run(status(told, "side")), 404)
        self.assertEqual(self.loop.run(status(told, origin="https://evil.example")), 403)
        self.assertIs(self.loop.run(status(told, origin=f"http://127.0.0.1:{port}")), True)
        wait_for(lambda: self.loop.run(status(told, origin="https://shop.example")) is True, "its place is free")

        async def two():
            async with connect(url, told):
                return await status(told)
        self.assertEqual(self.loop.run(two()), 503)

    def test_over_tls(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        authority = make_certificates(folder)
        port = free_port()
        self.start("generate:?interval=10ms", f"ws-listen://127.0.0.1:{port}/",
                   sink__tls__cert=folder / "localhost.pem", sink__tls__key=folder / "localhost.key")
        import ssl  # pylint: disable=import-outside-toplevel

        async def first():
            trust = ssl.create_default_context(cafile=authority)
            async with connect(f"wss://localhost:{port}/", ssl=trust) as client:
                return int(await client.recv())
        self.assertGreater(self.loop.run(first()), 0)
        with self.assertRaises(Exception):
            self.loop.run(connect(f"ws://127.0.0.1:{port}/", open_timeout=5).__aenter__())

    def test_results_wait_for_the_first_client_where_they_are_held(self):
        port = free_port()
        program = self.start("generate:?count=50&interval=1ms", f"ws-listen://127.0.0.1:{port}/", sink__hold="true")

        async def all_of_them():
            async with connect(f"ws://127.0.0.1:{port}/") as client:
                return [int(message) async for message in client]
        self.assertEqual(self.loop.run(all_of_them()), list(range(1, 51)))
        self.assertEqual(program.process.wait(PATIENCE), 0)

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            url = f"ws-listen://127.0.0.1:{taken.getsockname()[1]}/"
            settings = ["--set=source.url=generate:", f"--set=sink.url={url}"]
            checked = run_to_end("check", "--connect", *settings)
            self.assertEqual(checked.returncode, 1)
            self.assertIn("Address already in use", checked.stderr)
            ran = run_to_end("run", *settings, "--set=http.listen=", "--set=journal.durability=off")
            self.assertEqual(ran.returncode, 2)
            self.assertRegex(ran.stderr, "sink.url: cannot listen at .*: Address already in use\n$")


class ToAServer(unittest.TestCase):
    def setUp(self):
        self.loop = Loop()
        self.addCleanup(self.loop.close)

    def test_all_results_reach_it_in_order_over_its_restarts(self):
        server = Feed(self.loop)
        settings = {"source.url": "generate:?count=2000&interval=1ms", "sink.url": server.url, "sink.token": "sesame"}
        program = self.enterContext(Program(settings=settings))
        for _ in range(3):
            heard = len(server.heard)
            wait_for(lambda: len(server.heard) > heard + 50, "results")
            server.close()
            server.open()
        self.assertEqual(program.process.wait(2 * PATIENCE), 0, program.log())
        wait_for(lambda: not server.clients, "its goodbye")
        numbers = [int(each) for each in server.heard]
        first = list(dict.fromkeys(numbers))
        self.assertEqual(first, sorted(first), "first occurrences in order")
        # What was on the wire when the server went is lost, as documented; it has not been much.
        self.assertGreater(len(first), 2000 - 3 * 64)
        self.assertEqual({headers["Authorization"] for _, headers in server.requests}, {"Bearer sesame"})


if __name__ == "__main__":
    unittest.main()
