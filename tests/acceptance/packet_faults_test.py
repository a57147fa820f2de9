"""Clients that die, lie or send garbage, a server that is killed, and receivers that do not keep up."""
import json
import struct
import subprocess
import tempfile
import threading
import unittest

from packets import Client, packet, payload_of
from support import EXAMPLES, PATIENCE, Program, wait_for

CONFIG = EXAMPLES / "packet-server.json"


def start(journal=None, stdout=None, **settings):
    settings = {key.replace("__", "."): value for key, value in settings.items()}
    return Program(CONFIG, {"source.url": "tcp-listen://127.0.0.1:0", **settings}, journal, stdout)


class BadClients(unittest.TestCase):
    """One client misbehaves; its neighbour was there before it, and goes on."""

    def setUp(self):
        self.program = self.enterContext(start())
        self.good = self.enterContext(Client(self.program.port()))
        self.good.sendall(packet(b"before"))
        self.program.wait_for_results(1)
        self.bad = self.enterContext(Client(self.program.port()))

    def expect_one_dead_letter(self, cause, payload):
        letters = self.program.wait_for_dead_letters(1)
        self.good.sendall(packet(b"after"))
        results = self.program.wait_for_results(2)
        self.assertEqual([payload_of(each) for each in results if each["stream"].startswith(self.good.stream())],
                         [b"before", b"after"])
        self.assertEqual(self.program.stop(), 0)
        letters = self.program.dead_letters()
        self.assertEqual(len(letters), 1, letters)
        self.assertIn(cause, letters[0]["cause"])
        self.assertTrue(letters[0]["stream"].startswith(self.name), letters)
        if payload is not None:
            self.assertEqual(payload_of(letters[0]), payload)
        return letters[0]

    def send_bad(self, data):
        self.name = self.bad.stream()
        self.bad.sendall(data)
        wait_for(self.bad.has_been_read, "it is read")

    def test_that_dies_inside_a_packet(self):
        self.send_bad(packet(b"never whole")[:25])
        self.bad.reset()
        self.expect_one_dead_letter("ended inside a frame", packet(b"never whole")[:25])
        self.assertIn("lost: Connection reset by peer", self.program.log())

    def test_that_leaves_inside_a_packet(self):
        self.send_bad(packet(b"never whole")[:10])
        self.bad.close()
        self.expect_one_dead_letter("ended inside a frame", packet(b"never whole")[:10])

    def test_that_announces_four_gibibytes(self):
        header = struct.pack(">I16s", 0xffffffff, b"") + b"and some of it"
        self.name = self.bad.stream()
        self.bad.sendall(header)
        self.assertIn(self.bad.is_closed(), ("end", "reset"))
        self.expect_one_dead_letter("4294967295", header)
        self.assertIn("closed: its bytes cannot be framed any further", self.program.log())

    def test_that_never_stops_sending_garbage(self):
        self.name = self.bad.stream()

        def send():
            try:
                while True:
                    self.bad.sendall(b"GET / HTTP/1.1\r\n" * 1000)
            except OSError:
                pass
        sender = threading.Thread(target=send)
        sender.start()
        sender.join(PATIENCE)
        self.assertFalse(sender.is_alive(), "it is not closed")
        self.expect_one_dead_letter("is not within 0 to", None)


class Killed(unittest.TestCase):
    def test_what_was_read_is_worked_on_and_what_was_left_incomplete_is_cut_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            journal = f"{folder}/journal"
            # As slow as can be, so that it is killed in the middle: nobody reads its results.
            with start(journal, subprocess.PIPE) as first:
                port = first.port()
                clients = [Client(port) for _ in range(5)]
                sent = {client.stream(): [f"{i}/{k}".encode() * 500 for k in range(200)]
                        for i, client in enumerate(clients)}
                for client, payloads in zip(clients, sent.values()):
                    client.sendall(b"".join(map(packet, payloads)) + packet(b"partial" * 9)[:50])
                for client in clients:
                    wait_for(client.has_been_read, "all is read")
                first.kill()
                with first.process.stdout as unread:
                    seen = unread.read()
                self.assertLess(seen.count(b"\n"), 1000, "it had more to do")
            for client in clients:
                client.close()
            # framing.timeout is 30 s: it is not what cuts them.
            with start(journal, framing__timeout="24h") as second:
                letters = second.wait_for_dead_letters(5)
                wait_for(lambda: second.readiness()["ready"], "ready")
                self.assertEqual(second.stop(), 0)
                self.expect_all(sent, seen, second.results(), letters)
            with start(journal) as third:
                wait_for(lambda: third.readiness()["ready"], "ready")
                self.assertEqual(third.stop(), 0)
                self.assertEqual((third.results(), third.dead_letters()), ([], []))

    def expect_all(self, sent, seen, results, letters):
        for stream, payloads in sent.items():
            came = [payload_of(each) for each in results if each["stream"].startswith(stream)]
            done = len(payloads) - len(came)
            self.assertEqual(came, payloads[done:], "the rest, in order, each once")
            self.assertGreaterEqual(seen.count(stream.encode()), done, "and what is missing came before")
            partial = [letter for letter in letters if letter["stream"].startswith(stream)]
            self.assertEqual([payload_of(letter) for letter in partial], [packet(b"partial" * 9)[:50]])
            self.assertIn("ended inside a frame", partial[0]["cause"])


class BackPressure(unittest.TestCase):
    def test_stops_reading_when_results_go_nowhere_and_loses_nothing(self):
        with start(None, subprocess.PIPE, journal__max_bytes="4MiB") as program, Client(program.port()) as client:
            payloads = [f"{i} ".encode() + b"." * 10000 for i in range(1600)]  # 16 MB
            sender = threading.Thread(target=lambda: client.sendall(b"".join(map(packet, payloads))))
            sender.start()
            wait_for(lambda: "paused" in program.readiness()["source"].get("reason", ""), "it says that it is paused")
            self.assertFalse(program.readiness()["ready"])
            self.assertTrue(sender.is_alive(), "the sender is held")
            self.assertIn("paused: no room until results have gone out", program.log())
            with Client(client.getpeername()[1]) as other:  # is accepted meanwhile
                other.sendall(packet(b"other"))
                lines = [program.process.stdout.readline() for _ in range(len(payloads) + 1)]
            sender.join()
            came = [payload_of(json.loads(line)) for line in lines]
            came.remove(b"other")
            self.assertTrue(came == payloads, "all of it, in order")
            wait_for(lambda: program.readiness()["ready"], "ready again")
            self.assertEqual(program.stop(), 0)
            program.process.stdout.close()


class Limits(unittest.TestCase):
    def test_one_connection_more_than_the_limit_is_closed_at_once(self):
        with start(limits__connections="3") as program:
            port = program.port()
            clients = [Client(port) for _ in range(3)]
            for client in clients:
                client.sendall(packet(b"x"))
            program.wait_for_results(3)
            with Client(port) as fourth:
                self.assertIn(fourth.is_closed(), ("end", "reset"))
            self.assertIn("refused: limits.connections = 3 are open", program.log())
            clients[0].close()
            wait_for(lambda: self.is_served(port, program), "there is room again")
            for client in clients[1:]:
                client.close()

    @staticmethod
    def is_served(port, program):
        def answered():
            served = any(payload_of(each) == b"y" for each in program.results())
            return "served" if served else "closed" if client.has_been_closed() else None
        with Client(port) as client:
            client.sendall(packet(b"y"))
            return wait_for(answered, "an answer") == "served"

    def test_a_silent_client_is_closed_after_the_idle_timeout(self):
        with start(source__idle_timeout="300ms") as program, Client(program.port()) as client:
            self.assertEqual(client.is_closed(), "end")
            program.wait_for_log("nothing came for 300ms")

    def test_accepting_goes_on_when_there_were_no_descriptors_left(self):
        with start(limits__connections="2000") as program:
            port = program.port()
            subprocess.run(["prlimit", f"--pid={program.process.pid}", "--nofile=40:40"], check=True)
            clients = [Client(port) for _ in range(60)]
            program.wait_for_log("cannot accept a connection: Too many open files")
            used = self.processor_time(program)
            threading.Event().wait(0.5)
            self.assertLess(self.processor_time(program) - used, 0.25, "it does not spin")
            for client in clients[:40]:
                client.close()
            for client in clients[40:]:
                client.sendall(packet(b"served"))
            program.wait_for_results(20)
            for client in clients[40:]:
                client.close()

    @staticmethod
    def processor_time(program):
        with open(f"/proc/{program.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


class Stopping(unittest.TestCase):
    def test_ends_connections_without_a_reset(self):
        with start() as program:
            clients = [Client(program.port()) for _ in range(5)]
            for client in clients:
                client.sendall(packet(b"x"))
            program.wait_for_results(5)
            self.assertEqual(program.stop(), 0)
            self.assertEqual([client.is_closed() for client in clients], ["end"] * 5)
            for client in clients:
                client.close()


if __name__ == "__main__":
    unittest.main()
