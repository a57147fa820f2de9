"""The examples of `config/examples/` that have a WebSocket at one end, and Mosquitto with its tools at the other."""
import json
import subprocess
import tempfile
import unittest
from pathlib import Path

from feeds import Feed, Loop, connect, free_port
from support import EXAMPLES, PATIENCE, Program, run_to_end, wait_for


class Examples(unittest.TestCase):
    def setUp(self):
        self.loop = Loop()
        self.addCleanup(self.loop.close)
        self.port = free_port()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "mosquitto.conf").write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self.run_beside(["mosquitto", "-c", str(folder / "mosquitto.conf")])
        wait_for(lambda: self.publish("ready?", "") == 0, "the broker")

    def run_beside(self, command):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

        def end():
            process.kill()
            process.wait()
            process.stdout.close()
        self.addCleanup(end)
        return process

    def publish(self, topic, payload):
        command = ["mosquitto_pub", "-p", str(self.port), "-q", "1", "-t", topic, "-m", payload]
        return subprocess.run(command, stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False).returncode

    def test_feed_to_mqtt(self):
        feed = Feed(self.loop)
        listener = self.run_beside(["mosquitto_sub", "-p", str(self.port), "-q", "1", "-t", "prices", "-t", "ready"])
        settings = {"source.url": feed.url + "/prices", "sink.url": f"mqtt://127.0.0.1:{self.port}"}
        program = self.enterContext(Program(EXAMPLES / "feed-to-mqtt.json", settings))
        wait_for(lambda: program.readiness()["ready"], "ready")
        wait_for(lambda: feed.heard, "a subscription")
        self.assertEqual(json.loads(feed.heard[0]), {"op": "subscribe", "channel": "prices"})

        def subscribed():
            self.publish("ready", "ready")
            return True
        wait_for(subscribed, "a listener")
        self.assertEqual(listener.stdout.readline(), b"ready\n")
        feed.send('{"price": 1}', '{"price": 2}')
        self.assertEqual(listener.stdout.readline(), b'{"price": 1}\n')
        self.assertEqual(listener.stdout.readline(), b'{"price": 2}\n')
        self.assertEqual(program.stop(), 0)

    def test_fan_out(self):
        port = free_port()
        settings = {"source.url": f"mqtt://127.0.0.1:{self.port}", "sink.url": f"ws-listen://127.0.0.1:{port}/results"}
        program = self.enterContext(Program(EXAMPLES / "fan-out.json", settings))
        wait_for(lambda: program.readiness()["ready"], "ready")

        async def listen(count, ready):
            async with connect(f"ws://127.0.0.1:{port}/results") as client:
                ready.append(client)
                return [json.loads(await client.recv()) for _ in range(count)]
        ready = []
        listeners = [self.loop.start(listen(5, ready)) for _ in range(3)]
        wait_for(lambda: len(ready) == 3, "three listeners")
        for i in range(5):
            self.assertEqual(self.publish(f"events/{i}", f"payload {i}"), 0)
        for listener in listeners:
            heard = listener.result(PATIENCE)
            self.assertEqual([each["payload"] for each in heard], [f"payload {i}" for i in range(5)])
            self.assertEqual([each["stream"] for each in heard], [f"events/{i}" for i in range(5)])
        self.assertEqual(program.stop(), 0)

    def test_both_are_as_they_should_be(self):
        for name in ("feed-to-mqtt", "fan-out"):
            checked = run_to_end("check", "--config", str(EXAMPLES / f"{name}.json"))
            self.assertEqual((checked.returncode, checked.stderr), (0, ""), name)


if __name__ == "__main__":
    unittest.main()
