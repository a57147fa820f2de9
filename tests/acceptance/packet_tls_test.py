"""The packet server through TLS, with Python's own client of it."""
import socket
import ssl
import subprocess
import tempfile
import unittest
import warnings

from packets import packet, payload_of
from support import EXAMPLES, Program, run_to_end

CONFIG = EXAMPLES / "packet-server.json"
EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    """Certificates that one authority has signed."""

    def __init__(self, folder, name):
        self.base = f"{folder}/{name}"
        openssl("req", "-x509", *EC_KEY, "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-addext", "keyUsage=critical,keyCertSign", "-keyout", f"{self.base}.key",
                "-out", f"{self.base}.pem")
        self.pem = f"{self.base}.pem"

    def issue(self, name, extension, passphrase=None):
        base = f"{self.base}-{name}"
        lock = ["-passout", f"pass:{passphrase}"] if passphrase else ["-nodes"]
        openssl("req", *EC_KEY, *lock, "-subj", f"/CN={name}", "-keyout", f"{base}.key", "-out", f"{base}.csr")
        with open(f"{base}.ext", "w", encoding="ascii") as extensions:
            extensions.write(extension + "\nauthorityKeyIdentifier=keyid\n")
        openssl("x509", "-req", "-days", "2", "-in", f"{base}.csr", "-CA", self.pem, "-CAkey", f"{self.base}.key",
                "-CAcreateserial", "-extfile", f"{base}.ext", "-out", f"{base}.pem")
        return f"{base}.pem", f"{base}.key"


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.ours = Authority(cls.folder.name, "ours")
        cls.others = Authority(cls.folder.name, "others")
        cls.server = cls.ours.issue("server", "subjectAltName=IP:127.0.0.1", passphrase="open sesame")
        cls.client = cls.ours.issue("client", "extendedKeyUsage=clientAuth")
        cls.stranger = cls.others.issue("stranger", "extendedKeyUsage=clientAuth")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def start(self, **settings):
        return Program(CONFIG, {"source.url": "tcp-listen://127.0.0.1:0", "source.tls.cert": self.server[0],
                                "source.tls.key": self.server[1], **settings},
                       environment={"MILLRACE_SOURCE_TLS_KEY_PASSPHRASE": "open sesame"})

    def connect(self, port, identity=None, newest=ssl.TLSVersion.MAXIMUM_SUPPORTED):
        context = ssl.create_default_context(cafile=self.ours.pem)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of what is to be refused
            context.maximum_version = newest
            if newest < ssl.TLSVersion.TLSv1_2:
                context.set_ciphers("DEFAULT:@SECLEVEL=0")
                context.minimum_version = newest
        if identity:
            context.load_cert_chain(*identity)
        raw = socket.create_connection(("127.0.0.1", port), timeout=30)
        try:
            return context.wrap_socket(raw, server_hostname="127.0.0.1")
        except BaseException:
            raw.close()
            raise

    def expect_served(self, program, connection, payload):
        with connection:
            connection.sendall(packet(payload)[:9])
            connection.sendall(packet(payload)[9:])
            self.assertEqual(payload_of(program.wait_for_results(1)[-1]), payload)

    def expect_refused(self, program, connect, log):
        """With TLS 1.3 a client takes itself to be connected before the server has seen its certificate."""
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            with connect() as connection:
                connection.sendall(packet(b"let me in"))
                if connection.recv(1) == b"":
                    raise ConnectionError("closed")
        program.wait_for_log(log)
        self.assertEqual(program.results(), [])

    def test_is_on_where_there_is_a_certificate(self):
        with self.start() as program:
            program.wait_for_log(r"listening on 127.0.0.1:\d+ with TLS")
            self.expect_served(program, self.connect(program.port()), b"x" * 100000)
            self.assertEqual(program.stop(), 0)
            self.assertEqual(program.dead_letters(), [])

    def test_takes_one_point_two_and_nothing_older(self):
        with self.start() as program:
            self.expect_refused(program, lambda: self.connect(program.port(), newest=ssl.TLSVersion.TLSv1_1),
                                "no TLS handshake: TLS: unsupported protocol")
            self.expect_served(program, self.connect(program.port(), newest=ssl.TLSVersion.TLSv1_2), b"1.2")

    def test_has_no_ear_for_clients_without_it(self):
        with self.start() as program, socket.create_connection(("127.0.0.1", program.port()), timeout=30) as plain:
            plain.sendall(packet(b"in the clear" * 10))
            while plain.recv(100):
                pass
            program.wait_for_log("no TLS handshake: TLS: ")
            self.expect_served(program, self.connect(program.port()), b"in secret")
            self.assertEqual(program.dead_letters(), [])

    def test_asks_for_client_certificates_where_it_has_an_authority(self):
        with self.start(**{"source.tls.ca": self.ours.pem}) as program:
            port = program.port()
            self.expect_refused(program, lambda: self.connect(port), "TLS: peer did not return a certificate")
            self.expect_refused(program, lambda: self.connect(port, self.stranger), "TLS: certificate verify failed")
            self.expect_served(program, self.connect(port, self.client), b"known")

    def test_one_who_says_nothing_delays_nobody(self):
        with self.start() as program, socket.create_connection(("127.0.0.1", program.port())) as silent:
            self.expect_served(program, self.connect(program.port()), b"others")
            self.assertEqual(program.stop(), 0)
            self.assertEqual(silent.recv(1), b"")

    def test_files_that_do_not_fit_end_the_program_at_its_start(self):
        answer = run_to_end("--config", str(CONFIG), "--set", f"source.tls.cert={self.client[0]}", "--set",
                            f"source.tls.key={self.server[1]}", "--set", f"journal.path={self.folder.name}/journal")
        self.assertEqual(answer.returncode, 2)
        self.assertIn("source.tls.key", answer.stderr)


if __name__ == "__main__":
    unittest.main()
