"""WebSocket servers and clients of Debian's python3-websockets (10.4 to 15), on a loop in a thread of their own."""
import asyncio
import inspect
import socket
import threading

import websockets

from support import PATIENCE, wait_for

_HEADERS = ("additional_headers" if "additional_headers" in inspect.signature(websockets.connect).parameters
            else "extra_headers")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Loop:
    """A thread with an event loop."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.servers = []
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, work, patience=PATIENCE):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(patience)

    def start(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self):
        for server in list(self.servers):
            server.close()

        async def cancel_all():
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self.run(cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class Feed:
    """A server that sends what it is told to every client, and keeps what they say."""

    def __init__(self, loop, port=None, tls=None, **options):
        self.loop, self.port, self.tls, self.options = loop, port or free_port(), tls, options
        self.clients, self.heard, self.requests = [], [], []
        self.server = None
        self.open()

    def open(self):
        async def serve():
            return await websockets.serve(self._talk, "127.0.0.1", self.port, ssl=self.tls, **self.options)
        self.server = self.loop.run(serve())
        self.loop.servers.append(self)

    async def _talk(self, client):
        request = getattr(client, "request", None)
        headers = request.headers if request else client.request_headers
        self.requests.append((request.path if request else client.path, headers))
        self.clients.append(client)
        try:
            async for message in client:
                self.heard.append(message)
        except websockets.ConnectionClosed:
            pass
        finally:
            self.clients.remove(client)

    @property
    def url(self):
        return f"{'wss://localhost' if self.tls else 'ws://127.0.0.1'}:{self.port}"

    def wait_for_client(self):
        wait_for(lambda: self.clients, "a client")

    def send(self, *messages):
        async def send_all():
            for message in messages:
                for client in list(self.clients):
                    await client.send(message)
        self.loop.run(send_all(), 10 * PATIENCE)

    def close(self):
        async def close():
            self.server.close()
            await self.server.wait_closed()
        self.loop.servers.remove(self)
        self.loop.run(close())


def connect(url, headers=None, **options):
    """As `websockets.connect`, whatever its version calls the headers."""
    return websockets.connect(url, **{_HEADERS: headers or {}}, **options)


class Listener:
    """A client that checks that the numbers at the beginning of its messages have no gap and no repeat."""

    def __init__(self):
        self.first = self.last = self.code = self.problem = None
        self.count = 0

    def hear(self, message):
        number = int(message[:12])
        if self.last is not None and number != self.last + 1 and not self.problem:
            self.problem = f"{number} after {self.last}"
        self.first = number if self.first is None else self.first
        self.last = number
        self.count += 1

    async def listen(self, url, ready, **options):
        # Its own pings off: a thousand clients in one thread may be late with them.
        async with connect(url, ping_interval=None, open_timeout=10 * PATIENCE, **options) as socket_:
            ready()
            try:
                async for message in socket_:
                    self.hear(message)
            except websockets.ConnectionClosed as closed:
                self.code = closed.rcvd.code if closed.rcvd else None
            else:
                self.code = socket_.close_code


class Listeners:
    """Many at once."""

    def __init__(self, loop, url, count):
        self.all = [Listener() for _ in range(count)]
        self.present = 0
        self.tasks = [loop.start(each.listen(url, self._one_more)) for each in self.all]

    def _one_more(self):
        self.present += 1

    def wait_until_connected(self):
        wait_for(lambda: self.present == len(self.all), f"{len(self.all)} clients", 10 * PATIENCE)

    def wait_for_number(self, number):
        wait_for(lambda: all(each.last is not None and each.last >= number for each in self.all),
                 f"number {number} at every client", 10 * PATIENCE)

    def wait_until_gone(self):
        for task in self.tasks:
            task.result(10 * PATIENCE)
