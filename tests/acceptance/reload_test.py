"""SIGHUP: certificates that are renewed under the feet of a server, with Python's own client of it."""
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest
from pathlib import Path

from packets import packet, payload_of
from support import EXAMPLES, Program, wait_for
from trust import make_certificates


class Reload(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.authority = make_certificates(self.folder)
        self.cert, self.key = self.folder / "server.pem", self.folder / "server.key"
        self.install("localhost")

    def install(self, name):
        self.cert.write_bytes((self.folder / f"{name}.pem").read_bytes())
        self.key.write_bytes((self.folder / f"{name}.key").read_bytes())

    def connect(self, port):
        context = ssl.create_default_context(cafile=self.authority)
        context.check_hostname = False
        return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30))

    def name_at(self, port):
        with self.connect(port) as connection:
            return connection.getpeercert()["subjectAltName"][0][1]

    def hang_up(self, program, log):
        program.process.send_signal(signal.SIGHUP)
        program.wait_for_log(log)

    def test_a_packet_server_shows_its_new_certificate_and_keeps_who_is_connected(self):
        with Program(EXAMPLES / "packet-server.json",
                     {"source.url": "tcp-listen://127.0.0.1:0", "source.tls.cert": self.cert,
                      "source.tls.key": self.key}) as program, self.connect(program.port()) as early:
            early.sendall(packet(b"before")[:9])
            self.install("elsewhere")
            self.assertEqual(self.name_at(program.port()), "localhost")
            self.hang_up(program, "new connections use the files of source.tls")
            wait_for(lambda: self.name_at(program.port()) == "elsewhere", "the new certificate")
            early.sendall(packet(b"before")[9:])
            self.assertEqual(payload_of(program.wait_for_results(1)[-1]), b"before")
            self.assertEqual(program.stop(), 0)

    def test_a_key_of_another_certificate_changes_nothing(self):
        with Program(EXAMPLES / "packet-server.json",
                     {"source.url": "tcp-listen://127.0.0.1:0", "source.tls.cert": self.cert,
                      "source.tls.key": self.key}) as program:
            port = program.port()
            self.key.write_bytes((self.folder / "elsewhere.key").read_bytes())
            self.hang_up(program, "reload: nothing has changed: source.tls.key")
            self.assertEqual(self.name_at(port), "localhost")
            self.assertEqual(program.stop(), 0)

    def test_a_fan_out_server_shows_its_new_certificate(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with Program(settings={"source.url": "stdin:", "sink.url": f"ws-listen://127.0.0.1:{port}/",
                               "sink.tls.cert": self.cert, "sink.tls.key": self.key},
                     stdin=subprocess.PIPE) as program:
            program.wait_for_log("sink: connected")
            self.assertEqual(self.name_at(port), "localhost")
            self.install("elsewhere")
            self.hang_up(program, "new connections use the files of sink.tls")
            wait_for(lambda: self.name_at(port) == "elsewhere", "the new certificate")
            program.process.stdin.close()
            self.assertEqual(program.process.wait(60), 0)


if __name__ == "__main__":
    unittest.main()
