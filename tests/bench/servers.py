"""Packet servers and event consumers: millrace, and the same written in Python in the ways that people try first.

Each listens on `port` and writes what it makes to its standard output, which the load reads.
"""
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from subjects import Program, free_port, http_ready, wait_until

HERE = Path(__file__).parent
# Debian's own, as most servers have it.
PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable


class Server(Program):
    def __init__(self, command, env=None, **more):
        super().__init__(command, env, stdout=subprocess.PIPE, start_new_session=True, **more)

    def stop(self):
        # Its worker processes too.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def accepts(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


class PythonServer(Server):
    def __init__(self, _):
        self.port = free_port()
        super().__init__([PYTHON, HERE / self.script, str(self.port)])
        wait_until(self.name, self.accepts, self.process)


class Executor(PythonServer):
    name, script = "asyncio with an executor", "packet_executor.py"


class Processes(PythonServer):
    name, script = "asyncio with worker processes", "packet_processes.py"


class Pool(PythonServer):
    name, script = "ProcessPoolExecutor with a Manager's queues", "event_pool.py"


class MillraceServer(Server):
    settings = {}

    def __init__(self, tools):
        self.port, self.http = free_port(), free_port()
        self.journal = tempfile.TemporaryDirectory(prefix="millrace-bench-")
        env = {"MILLRACE_SOURCE_URL": f"tcp-listen://127.0.0.1:{self.port}", "MILLRACE_SINK_URL": "stdout:",
               "MILLRACE_JOURNAL_PATH": self.journal.name, "MILLRACE_JOURNAL_DURABILITY": "off",
               "MILLRACE_HTTP_LISTEN": f"127.0.0.1:{self.http}", "MILLRACE_LOG_LEVEL": "error"}
        # Packets that the load cuts off at its end become dead letters there.
        super().__init__([tools.millrace, "run"], env | self.settings, stderr=subprocess.DEVNULL)
        wait_until(self.name, lambda: http_ready(self.http), self.process)


class Packets(MillraceServer):
    """As the others: each connection has an order of its own."""
    name = "millrace"
    settings = {"MILLRACE_FRAMING_TYPE": "length_prefixed", "MILLRACE_FRAMING_HEADER_FORMAT": ">I16s",
                "MILLRACE_FRAMING_HEADER_FIELDS": "length,digest", "MILLRACE_PROCESSING_TYPE": "verify",
                "MILLRACE_PROCESSING_ALGORITHM": "md5", "MILLRACE_PROCESSING_ORDER": "key",
                "MILLRACE_PROCESSING_KEY": "connection"}


class DurablePackets(Packets):
    name = "millrace, journal on disk"
    settings = Packets.settings | {"MILLRACE_JOURNAL_DURABILITY": "process"}


class OrderedPackets(Packets):
    name = "millrace, one order"
    settings = Packets.settings | {"MILLRACE_PROCESSING_ORDER": "global"}


class Exec(MillraceServer):
    """Five workers in Python, as the pool has."""
    name = "millrace"
    settings = {"MILLRACE_FRAMING_TYPE": "lines", "MILLRACE_PROCESSING_TYPE": "exec",
                "MILLRACE_PROCESSING_COMMAND": json.dumps([PYTHON, str(HERE / "echo_worker.py")])}


def packets(tools, server, **options):
    command = [tools.packets, f"port={server.port}", *(f"{key}={value}" for key, value in options.items())]
    output = subprocess.run(command, check=True, stdin=server.process.stdout, stdout=subprocess.PIPE).stdout
    result = json.loads(output)
    if result["disordered"]:
        raise RuntimeError(f"{server.name}: {result['disordered']} results out of order")
    return result
