"""A stand-in for a running millrace: its dashboard's files, a /status and a /tap that say what a test wants."""
import base64
import hashlib
import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FILES = Path(__file__).resolve().parents[2] / "src" / "observability" / "dashboard"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# As in dashboard.cpp.
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


def connection(**changes):
    return {"ok": True, "connected": True, "reason": "", "reconnects": 0, "session_present": None, **changes}


def status(**changes):
    """A millrace at work, with `changes` at the top level."""
    steps = {"queue": 0.0007, "work": 0.0049, "order": 0.0021, "confirm": 0.0009, "total": 0.0087}
    well = {"ok": True}
    return {
        "version": "0.1.0", "started": "2026-11-21T19:00:00Z", "uptime_seconds": 93784.5, "state": "running",
        "live": True, "ready": True,
        "health": {"ready": True, "source": well, "sink": well, "journal": well, "processing": well},
        "configuration": {"source": "mqtt://broker.example:1883", "topics": ["sensors/#", "events/+/raw"],
                          "framing": "whole", "processing": "exec", "workers": 5, "order": "global",
                          "sink": "mqtt://broker.example:1883", "topic": "results", "in_flight": 64,
                          "in_flight_bytes": 67108864},
        "connections": {"source": connection(reconnects=1, session_present=True), "sink": connection(reconnects=2),
                        "dead_letters": None},
        "pauses": {"now": False, "count": 3, "seconds": 12.25},
        "in": {"messages": 1234567, "bytes": 987654321, "skipped": 12},
        "frames": {"count": 1234566, "bytes": 987000000},
        "out": {"results": 1234000, "bytes": 45678901, "rejected": 321, "failed": 54, "filtered": 127, "dropped": 1,
                "dead_letters": 374, "confirmed": 1234502},
        "rates": {"in": 998.4, "out": 997.9},
        "latency_seconds": {step: {"p50": at, "p90": at * 1.7, "p99": at * 3.1, "max": at * 11}
                            for step, at in steps.items()},
        "in_flight": {"events": 17, "bytes": 4352},
        "workers": [{"worker": i, "event": f"5f3a9c01-{1742 + i}.0" if i != 3 else None, "attempt": 1,
                     "since_seconds": 0.003, "busy_ratio": (0.93, 0.88, 0.97, 0.71, 0.9)[i], "restarts": 0}
                    for i in range(5)],
        "head_of_line": {"event": "5f3a9c01-1742.0", "number": 1742, "age_seconds": 0.0062, "stage": "working",
                         "worker": 2, "results_waiting": 3, "bytes_waiting": 768, "seconds_lost": 0.0081},
        "under_way": [],
        "journal": {"durability": "process", "writable": True, "entries": 19, "bytes": 181000000,
                    "limit": 1073741824, "oldest_age_seconds": 0.0071},
        "retries": 61, "worker_restarts": 2, "fan_out_clients": None,
        "last_dead_letters": [
            {"time": "2026-11-21T19:24:31.120Z", "event": "5f3a9c01-1688.0", "stream": "sensors/7/temperature",
             "kind": "rejected", "cause": "square: payload is not a decimal integer", "attempts": 1},
            {"time": "2026-11-21T18:02:07.902Z", "event": "5f3a9c01-912.0", "stream": "events/eu/raw",
             "kind": "failed", "cause": "worker process ended with signal 11 (SIGSEGV)", "attempts": 3}],
        **changes}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def do_GET(self):
        mill = self.server.mill
        path = self.path.split("?")[0]
        if path == "/tap" and "Upgrade" in self.headers:
            return self._tap(mill)
        if path in ("/status", "/tap"):
            brought = self.headers.get("Authorization", "").encode("latin-1")  # as it came
            if mill.token and brought != f"Bearer {mill.token}".encode():
                return self._answer(401, "text/plain", b"")
            if path == "/tap":
                return self._answer(426, "text/plain", b"")
            mill.asked += 1
            mill.may_answer.wait()
            return self._answer(200, "application/json", json.dumps(mill.status).encode())
        file = FILES / ("index.html" if path == "/" else Path(path).name)
        if not file.exists():
            return self._answer(404, "text/plain", b"")
        return self._answer(200, TYPES[file.suffix], file.read_bytes())

    def _answer(self, code, kind, body):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def _tap(self, mill):
        offered = [each.strip() for each in self.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        mill.offered.append(offered)
        coded = base64.urlsafe_b64encode(mill.token.encode()).decode().rstrip("=")
        if mill.token and f"bearer.{coded}" not in offered:
            return self._answer(401, "text/plain", b"")
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.send_header("Sec-WebSocket-Protocol", "millrace-tap")
        self.end_headers()
        self.close_connection = True
        with mill.lock:
            mill.clients.append(self.wfile)
        return self.rfile.read(1)  # a close frame, or the end


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.open = []

    def process_request(self, request, client_address):
        self.open.append(request)
        super().process_request(request, client_address)

    def handle_error(self, *_):  # pylint: disable=arguments-differ
        """A page that goes is none."""


class FakeMill:
    """Serves until closed. `status`, `token` and `may_answer` may be changed at any time."""

    def __init__(self, token=""):
        self.status, self.token, self.asked = status(), token, 0
        self.lock, self.clients, self.offered = threading.Lock(), [], []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.mill = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    def tell(self, messages):
        """Each to everyone at the tap."""
        frames = b""
        for message in messages:
            text = json.dumps(message).encode()
            size = bytes([len(text)]) if len(text) < 126 else b"\x7e" + struct.pack(">H", len(text))
            frames += b"\x81" + size + text
        with self.lock:
            for client in list(self.clients):
                try:
                    client.write(frames)
                except OSError:
                    self.clients.remove(client)

    def close(self):
        """As if it were killed."""
        self.server.shutdown()
        self.server.server_close()
        for each in self.server.open:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.may_answer.set()
