"""What is measured and what it is measured with: a private broker, millrace, the echo, the load."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

PATIENCE = 20  # seconds that anything may take to start or to end
TICKS = os.sysconf("SC_CLK_TCK")

# Receive Maximum as Mosquitto sends it is 20 otherwise, and there Paho C 1.3.12 stalls: its sender is not woken by the
# acknowledgement that makes room. The load keeps less than this under way.
BROKER = """user root
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
max_inflight_messages 1000
max_queued_messages 0
sys_interval 0
log_type error
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(what, condition, process):
    pause, deadline = threading.Event(), time.monotonic() + PATIENCE
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{what} does not start")
        pause.wait(0.001)


def http_ready(port):
    with contextlib.suppress(urllib.error.URLError, ConnectionError):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    return False


class Program:
    """A child process, ended with the block that it is used in."""

    def __init__(self, command, env=None, **more):
        self.process = subprocess.Popen(command, env=env and os.environ | env, text=True, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def cpu(self):
        """Seconds that it has computed."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self):
        """Bytes: resident now, and resident at most."""
        status = dict(line.split(":", 1) for line in
                      Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines())
        return tuple(int(status[key].split()[0]) * 1024 for key in ("VmRSS", "VmHWM"))

    def anonymous(self):
        """Bytes of memory that no file stands behind."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("RssAnon:")[1].split()[0]) * 1024


class Broker(Program):
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="millrace-bench-")
        self.port = free_port()
        Path(self.folder.name, "mosquitto.conf").write_text(BROKER.format(port=self.port), encoding="ascii")
        self.start()

    def start(self):
        super().__init__(["mosquitto", "-c", f"{self.folder.name}/mosquitto.conf"], stderr=subprocess.DEVNULL)
        wait_until("mosquitto", self.accepts, self.process)

    def accepts(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


class Echo(Program):
    name = "echo"

    def __init__(self, tools, broker, qos=1, **_):
        command = [tools.echo, str(broker.port), "events", "results", str(qos)]
        super().__init__(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the echo does not start")

    def stop(self):
        self.process.communicate(timeout=PATIENCE)


class Millrace(Program):
    name = "millrace"

    def __init__(self, tools, broker, qos=1, wait=True, settings=None, arguments=()):
        self.http = free_port()
        self.journal = tempfile.TemporaryDirectory(prefix="millrace-bench-")
        env = {"MILLRACE_JOURNAL_PATH": self.journal.name, "MILLRACE_JOURNAL_DURABILITY": "off",
               "MILLRACE_SOURCE_URL": f"mqtt://127.0.0.1:{broker.port}", "MILLRACE_SOURCE_TOPICS": "events",
               "MILLRACE_SOURCE_QOS": str(qos), "MILLRACE_SINK_TOPIC": "results", "MILLRACE_SINK_QOS": str(qos),
               "MILLRACE_HTTP_LISTEN": f"127.0.0.1:{self.http}", "MILLRACE_LOG_LEVEL": "error"}
        super().__init__([tools.millrace, "run", *arguments], env | (settings or {}))
        if wait:
            wait_until("millrace", self.ready, self.process)

    def ready(self):
        return http_ready(self.http)


class Durable(Millrace):
    name = "millrace, journal on disk"

    def __init__(self, tools, broker, settings=None, **options):
        settings = {"MILLRACE_JOURNAL_DURABILITY": "process"} | (settings or {})
        super().__init__(tools, broker, settings=settings, **options)


class Load(Program):
    def __init__(self, tools, broker, **options):
        options = {"port": broker.port, "in": "events", "out": "results"} | options
        super().__init__([tools.load, *(f"{key}={value}" for key, value in options.items())], stdout=subprocess.PIPE)
        if "first" in options and self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the load does not start")

    def result(self):
        output, _ = self.process.communicate()
        if self.process.returncode != 0:
            raise RuntimeError("the load has failed")
        return json.loads(output)

    def stop(self):
        self.process.kill()
        self.process.wait()


def load(tools, broker, **options):
    with Load(tools, broker, **options) as program:
        return program.result()
