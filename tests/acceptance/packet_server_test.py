"""The packet server of config/examples/packet-server.json, and clients that know nothing of it but the packet."""
import collections
import hashlib
import random
import threading
import unittest

from packets import Client, packet, payload_of, spoilt
from support import EXAMPLES, Program, run_to_end, wait_for

CONFIG = EXAMPLES / "packet-server.json"
CONNECTIONS = 50
PACKETS = 40


def start(**settings):
    return Program(CONFIG, {"source.url": "tcp-listen://127.0.0.1:0", **settings})


def md5(data):
    return hashlib.md5(data).hexdigest()


class Splitting(unittest.TestCase):
    def test_packets_split_at_every_byte(self):
        payloads = [b"first", b"", bytes(range(30)), "größer".encode()]
        stream = b"".join(map(packet, payloads))
        with start() as program, Client(program.port()) as client:
            for byte in stream:
                client.sendall(bytes([byte]))
                wait_for(client.has_been_read, "the byte is read")
            results = program.wait_for_results(len(payloads))
            self.assertEqual([payload_of(each) for each in results], payloads)
            self.assertEqual(program.dead_letters(), [])

    def test_a_packet_in_two_pieces_wherever_it_is_cut(self):
        payloads = [f"cut before byte {place}".encode() for place in range(1, 40)]
        with start() as program, Client(program.port()) as client:
            for place, payload in enumerate(payloads, 1):
                whole = packet(payload)
                place = min(place, len(whole) - 1)
                for piece in (whole[:place], whole[place:]):
                    client.sendall(piece)
                    wait_for(client.has_been_read, "the piece is read")
            results = program.wait_for_results(len(payloads))
            self.assertEqual([payload_of(each) for each in results], payloads)

    def test_three_packets_to_one_write(self):
        payloads = [f"{i}".encode() * (i + 1) for i in range(30)]
        with start() as program, Client(program.port()) as client:
            for i in range(0, len(payloads), 3):
                client.sendall(b"".join(map(packet, payloads[i:i + 3])))
            results = program.wait_for_results(len(payloads))
            self.assertEqual([payload_of(each) for each in results], payloads)

    def test_packets_of_a_mebibyte(self):
        payloads = [random.Random(i).randbytes(1 << 20) for i in range(8)]
        with start() as program, Client(program.port()) as client:
            for payload in payloads:
                client.sendall(packet(payload))
            results = program.wait_for_results(len(payloads))
            self.assertEqual([md5(payload_of(each)) for each in results], list(map(md5, payloads)))


class ManyClients(unittest.TestCase):
    @staticmethod
    def send_all(port, name, seed, streams):
        """Packets numbered in their payload, of random sizes, in random pieces; each tenth is spoilt."""
        chance = random.Random(seed)
        sent = []
        with Client(port) as client:
            stream = b""
            for i in range(PACKETS):
                payload = f"{name} {i} ".encode() + chance.randbytes(chance.choice((0, 10, 1000, 20000)))
                sent.append((payload, i % 10 != 9))
                stream += (packet if i % 10 != 9 else spoilt)(payload)
            while stream:
                size = chance.choice((1, 7, 100, 5000, 70000))
                client.sendall(stream[:size])
                stream = stream[size:]
            streams[client.stream()] = sent

    def test_fifty_at_once_each_in_its_order(self):
        seed = random.randrange(1 << 30)
        streams = {}
        with self.subTest(seed=seed), start() as program:
            port = program.port()
            clients = [threading.Thread(target=self.send_all, args=(port, f"client {i}", seed + i, streams))
                       for i in range(CONNECTIONS)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
            self.assertEqual(len(streams), CONNECTIONS, "every client has sent all it had")
            good = sum(fit for sent in streams.values() for _, fit in sent)
            results = program.wait_for_results(good)
            letters = program.wait_for_dead_letters(CONNECTIONS * PACKETS - good)
            self.assertEqual(program.stop(), 0)
            self.expect_order(streams, results, True)
            self.expect_order(streams, letters, False)
            self.assertTrue(all("md5" in letter["cause"] for letter in letters))
            self.assertEqual(len({each["id"] for each in results + letters}), CONNECTIONS * PACKETS)

    def expect_order(self, streams, envelopes, fit):
        came = collections.defaultdict(list)
        names = collections.defaultdict(set)
        for each in envelopes:
            client = each["stream"].rsplit("/", 1)[0] + "/"
            came[client].append(payload_of(each))
            names[client].add(each["stream"])
        for client, sent in streams.items():
            as_sent = bytes if fit else spoilt  # a dead letter holds the frame, header included
            self.assertEqual(came[client], [as_sent(payload) for payload, good in sent if good == fit])
            self.assertEqual(len(names[client]), 1, "one connection, one stream")

    def test_results_come_in_the_order_of_arrival_however_long_each_takes(self):
        # Large ones take a worker a thousand times as long as the small ones after them.
        sizes = [1 << 20, 10, 10, 10, 1 << 19, 10, 10]
        sent = []
        with start() as program:
            port = program.port()
            clients = [Client(port) for _ in range(5)]
            for i in range(35):
                payload = f"{i} ".encode() + bytes(sizes[i % len(sizes)] - 10)
                client = clients[i % len(clients)]
                client.sendall(packet(payload))
                wait_for(client.has_been_read, "the packet is read before the next one is sent")
                sent.append(payload)
            results = program.wait_for_results(len(sent))
            for client in clients:
                client.close()
            self.assertEqual([md5(payload_of(each)) for each in results], list(map(md5, sent)))


class Lines(unittest.TestCase):
    def test_are_what_a_connection_is_cut_into_unless_said_otherwise(self):
        settings = {"source.url": "tcp-listen://127.0.0.1:0", "sink.url": "stdout:", "sink.envelope": "true",
                    "processing.type": "square"}
        with Program(settings=settings) as program, Client(program.port()) as client:
            client.sendall(b"1\n2\r\n3")
            client.sendall(b"0\nno number\n4\n")
            results = program.wait_for_results(4)
            self.assertEqual([each["payload"] for each in results], ["1", "4", "900", "16"])
            self.assertEqual(program.wait_for_dead_letters(1)[0]["payload"], "no number\n")


class Check(unittest.TestCase):
    def test_says_whether_the_address_can_be_listened_at(self):
        with start() as program:
            taken = f"tcp-listen://127.0.0.1:{program.port()}"
            answer = run_to_end("check", "--connect", "--config", str(CONFIG), "--set", f"source.url={taken}")
            self.assertEqual(answer.returncode, 1, answer)
            self.assertIn("Address already in use", answer.stderr)
        answer = run_to_end("check", "--connect", "--config", str(CONFIG), "--set", f"source.url={taken}")
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        self.assertIn(f"source {taken}: ok", answer.stdout)


if __name__ == "__main__":
    unittest.main()
