"""The benchmarks: prints a table, writes JSON. Nothing here passes or fails.

Subjects that are compared take turns within each round, in changing order, each with a broker of its own; what is
reported is the median over the rounds.
"""
import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from time import monotonic

import server_cases
from stages import instructions
from journal import append_cost, filled_journal
from subjects import Broker, Durable, Echo, Load, Millrace, load

CORES = os.cpu_count()
MIB = 1 << 20
BLOCK = 64 << 10
ECHO_WORKER = Path(__file__).with_name("echo_worker.py")
WINDOW = 128  # events under way: four times what makes either subject wait, a fifth of what Paho is slow with


def turns(rounds, subjects):
    for turn in range(rounds):
        yield from subjects if turn % 2 == 0 else reversed(subjects)


class Report:
    def __init__(self):
        self.lines = []

    def add(self, case, what, values, unit, reference=None, goal=None, at_least=True):
        """`goal`: for the ratio to the reference's median where there is one, else for the median itself."""
        line = {"case": case, "what": what, "unit": unit, "median": median(values), "values": values}
        if reference:
            line |= {"reference": median(reference), "reference_values": reference,
                     "ratio": median(values) / median(reference)}
        if goal is not None:
            figure = line.get("ratio", line["median"])
            line |= {"goal": goal, "reached": figure >= goal if at_least else figure <= goal,
                     "goal_is": "at least" if at_least else "at most"}
        self.lines.append(line)
        print(self.text(line), flush=True)

    @staticmethod
    def text(line):
        def number(value):
            return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value < 100 else f"{value:.0f}"
        cells = [f"({line['case']}) {line['what']}".ljust(48), f"{number(line['median'])} {line['unit']}".rjust(16)]
        cells.append(f"of {number(line['reference'])}".rjust(11) if "reference" in line else " " * 11)
        cells.append(f"{line['ratio']:.2f} x".rjust(8) if "ratio" in line else " " * 8)
        if "goal" in line:
            cells.append(f"{line['goal_is']} {line['goal']:g}: {'reached' if line['reached'] else 'MISSED'}")
        return "  ".join(cells).rstrip()


class Benchmarks:
    cores = CORES

    def __init__(self, tools, rounds, scale):
        self.tools, self.rounds, self.scale, self.report = tools, rounds, scale, Report()

    def count(self, full):
        return max(200, int(full * self.scale))

    def measure(self, subject, options, settings=None, warm_up=500):
        """One run of the load against a new subject: the load's figures, and the subject's CPU time an event."""
        with Broker() as broker, subject(self.tools, broker, qos=options["qos"], settings=settings) as program:
            load(self.tools, broker, **(options | {"count": warm_up, "rate": 0}))
            before = program.cpu()
            result = load(self.tools, broker, **options)
            if result["disordered"]:
                raise RuntimeError(f"{subject.name}: {result['disordered']} results out of order")
            count = options["count"]
            result |= {"rate": count / result["seconds"], "cpu": (program.cpu() - before) / count * 1e6}
            return result | dict(zip(("rss", "peak"), program.memory()))

    def compare(self, options, subjects):
        results = {subject: [] for subject in subjects}
        for subject in turns(self.rounds, subjects):
            results[subject].append(self.measure(subject, options))
        return lambda subject, key: [run[key] for run in results[subject]]

    def pass_through(self):
        for qos in (0, 1):
            options = {"qos": qos, "bytes": 256, "window": WINDOW, "count": self.count(40000)}
            of = self.compare(options, [Echo, Millrace, Durable][:2 + qos])
            echo, off = of(Echo, "rate"), of(Millrace, "rate")
            self.report.add("a", f"identity, 256 B, QoS {qos}", off, "events/s", echo, 0.9)
            cpu = of(Millrace, "cpu")
            self.report.add("a", f"  CPU time of the process, QoS {qos}", cpu, "us/event", of(Echo, "cpu"))
            if qos == 1:
                durable = of(Durable, "rate")
                self.report.add("g", "the same, durability process", durable, "events/s", echo, 0.85)
                self.report.add("g", "  against durability off", durable, "events/s", off, 0.9)
                self.report.add("g", "  CPU time of the process", of(Durable, "cpu"), "us/event", cpu)

    def latency(self):
        for qos in (0, 1):
            options = {"qos": qos, "bytes": 256, "rate": 1000, "count": self.count(8000)}
            of = self.compare(options, [Echo, Millrace, Durable][:2 + qos])
            for share in ("p50", "p99", "p99.9"):
                echo = of(Echo, share)
                self.report.add("b", f"latency at 1,000/s, QoS {qos}, {share}", of(Millrace, share), "us", echo, 1.5,
                                at_least=False)
                if qos == 1:
                    self.report.add("g", f"  durability process, {share}", of(Durable, share), "us", echo, 2,
                                    at_least=False)

    def journal(self):
        costs = [append_cost(self.tools.journal, self.count(1_000_000), 256) for _ in range(self.rounds)]
        self.report.add("g", "an append, 256 B, durability process", [cost / 1000 for cost in costs], "us", goal=2,
                        at_least=False)
        first = None
        for size in [self.count(size) for size in (10_000, 100_000, 1_000_000, 10_000_000)]:
            run = self.pipeline("identity", size, 32, durable=True)
            self.report.add("g", f"pipeline in process, {size:,} events: CPU time", [run["cpu"]], "us/event", first)
            first = first or [run["cpu"]]

    def backlog(self):
        """A start with a million events in the journal, and nobody who sends more."""
        seconds, anonymous = [], []
        for _ in range(self.rounds):
            with Broker() as broker, filled_journal(self.tools.journal, self.count(1_000_000), 256) as folder:
                with Load(self.tools, broker, qos=1, kind="opaque", bytes=32, rate=1, count=1, first=1) as events:
                    began = monotonic()
                    settings = {"MILLRACE_JOURNAL_PATH": folder}
                    arguments = ["--accept-backlog"]
                    with Durable(self.tools, broker, wait=False, settings=settings, arguments=arguments) as program:
                        seconds.append(events.result()["last"] - began)
                        anonymous.append(program.anonymous() / MIB)
        self.report.add("g", "start with 1 M events to first result", seconds, "s", goal=3, at_least=False)
        self.report.add("g", "  its RssAnon then", anonymous, "MiB", goal=64, at_least=False)

    def slow_work(self):
        options = {"qos": 1, "kind": "decimal", "window": WINDOW, "count": 2000}
        settings = {"MILLRACE_PROCESSING_TYPE": "square", "MILLRACE_PROCESSING_DELAY": "5ms"}
        rates = [self.measure(Millrace, options, settings)["rate"] for _ in range(self.rounds)]
        self.report.add("c", "5 ms of sleep, five workers, in order", rates, "events/s", [1000], 0.95)

    def digests(self):
        for algorithm in ("sha256", "md5"):
            kinds = {"openssl": self.openssl, "openssl by CPU": self.openssl_by_cpu, "pipeline": self.digest_pipeline, "mqtt": self.digest_mqtt}
            rates = {kind: [] for kind in kinds}
            for kind in turns(self.rounds, list(kinds)):
                rates[kind].append(kinds[kind](algorithm))
            reference = [rate * CORES for rate in rates["openssl"]]
            ours = [rate for rate, _ in rates["pipeline"]]
            self.report.add("d", f"{algorithm} of 64 KiB, fed in process", ours, "MiB/s", reference, 0.9)
            ours = [efficiency for _, efficiency in rates["pipeline"]]
            self.report.add("d", "  in a second of CPU time", ours, "MiB/s", rates["openssl by CPU"])
            self.report.add("d", f"{algorithm} of 64 KiB, by MQTT", rates["mqtt"], "MiB/s", reference, 0.9)

    def openssl_by_cpu(self, algorithm):
        return self.openssl(algorithm, [])

    def openssl(self, algorithm, clock=("-elapsed",)):
        command = ["openssl", "speed", *clock, "-mr", "-seconds", "1", "-bytes", str(BLOCK), "-evp", algorithm]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return float(re.search(r"^\+F:.*:([\d.]+)$", output, re.M)[1]) / MIB

    def digest_pipeline(self, algorithm):
        run = self.pipeline(algorithm, self.count(40000), BLOCK)
        return run["rate"] * BLOCK / MIB, BLOCK / MIB / run["cpu"] * 1e6

    def digest_mqtt(self, algorithm):
        options = {"qos": 1, "kind": "opaque", "bytes": BLOCK, "window": 64, "count": self.count(10000)}
        settings = {"MILLRACE_PROCESSING_TYPE": "digest", "MILLRACE_PROCESSING_ALGORITHM": algorithm}
        return self.measure(Millrace, options, settings)["rate"] * BLOCK / MIB

    def pipeline(self, what, count, size, durable=False):
        with tempfile.TemporaryDirectory(prefix="millrace-bench-") as folder:
            command = [self.tools.pipeline, what, str(count), str(size), *([folder] if durable else [])]
            output = subprocess.run(command, check=True, capture_output=True)
        result = json.loads(output.stdout)
        return {"rate": count / result["seconds"], "cpu": result["cpu"] / count * 1e6}

    def alone(self):
        runs = [self.pipeline("identity", self.count(300000), 256) for _ in range(self.rounds)]
        self.report.add("a", "pipeline alone, in process", [run["rate"] for run in runs], "events/s")
        self.report.add("a", "  its CPU time", [run["cpu"] for run in runs], "us/event")
        for order in ("key", "none"):
            runs = [self.pipeline(f"identity/{order}", self.count(300000), 256) for _ in range(self.rounds)]
            self.report.add("a", f"  with order {order}", [run["rate"] for run in runs], "events/s")

    def stages(self):
        if not shutil.which("valgrind"):
            print("(s) is left out: valgrind is not installed")
            return
        for stage, cost in instructions(self.tools.pipeline).items():
            self.report.add("s", f"{stage}, instructions", [cost], "/event")

    def workers(self):
        """Worker processes that answer with what they were given: what a line each way costs."""
        commands = {"cat": ["cat"], "C++": [self.tools.worker], "Python": ["python3", str(ECHO_WORKER)]}
        for size in (32, 64 << 10):
            for language, command in commands.items():
                options = {"qos": 1, "kind": "opaque", "bytes": size, "window": 64,
                           "count": self.count(20000 if size < 1024 else 2000)}
                settings = {"MILLRACE_PROCESSING_TYPE": "exec", "MILLRACE_PROCESSING_COMMAND": json.dumps(command),
                            "MILLRACE_PROCESSING_WORKERS": str(CORES)}
                runs = [self.measure(Millrace, options, settings) for _ in range(self.rounds)]
                what = f"exec, {language}, {size:,} B"
                self.report.add("x", what, [run["rate"] for run in runs], "events/s")
                self.report.add("x", "  CPU time of millrace itself", [run["cpu"] for run in runs], "us/event")

    def packets(self):
        slowest = server_cases.packet_rates(self, turns)
        server_cases.packet_latency(self, turns, slowest)

    def executed(self):
        server_cases.executed(self, turns)

    def flatness(self):
        sizes = [self.count(size) for size in (10_000, 100_000, 1_000_000)]
        runs = {size: [] for size in sizes}
        for size in turns(self.rounds, sizes):
            runs[size].append(self.measure(Millrace, {"qos": 1, "bytes": 32, "window": WINDOW, "count": size}))
        for key, unit, factor in (("seconds", "us/event", 1e6), ("cpu", "us/event", 1), ("peak", "MiB", 1 / MIB)):
            first = None
            for size in sizes:
                share = size if key == "seconds" else 1
                values = [run[key] * factor / share for run in runs[size]]
                what = {"seconds": "time an event", "cpu": "CPU time an event", "peak": "peak RSS"}[key]
                self.report.add("e", f"{size:,} events: {what}", values, unit, first)
                first = first or values

    def first_results(self):
        probe = {"qos": 1, "bytes": 32, "rate": 200, "count": 4000, "first": 1}
        cold, back = [], []
        for _ in range(self.rounds):
            with Broker() as broker:
                with Load(self.tools, broker, **probe) as events:
                    began = monotonic()
                    with Millrace(self.tools, broker, wait=False):
                        cold.append(events.result()["last"] - began)
                with Millrace(self.tools, broker):
                    broker.stop()
                    broker.start()
                    began = monotonic()
                    back.append(load_first(self.tools, broker, probe) - began)
        self.report.add("f", "start to first result", cold, "s", goal=0.3, at_least=False)
        self.report.add("f", "broker back to first result", back, "s", goal=0.3, at_least=False)


def load_first(tools, broker, probe):
    with Load(tools, broker, **probe) as events:
        return events.result()["last"]


def machine():
    def version(package):
        command = ["dpkg-query", "-W", "-f", "${Version}", package]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="ascii"), re.M)
    packages = ("mosquitto", "libpaho-mqtt1.3", "libpaho-mqttpp3-1", "libtbb12", "openssl")
    return {"cores": CORES, "model": model and model[1], "kernel": platform.release(), "load": os.getloadavg(),
            "packages": {package: version(package) for package in packages}}


CASES = {"a": (Benchmarks.pass_through, Benchmarks.alone), "b": (Benchmarks.latency,), "c": (Benchmarks.slow_work,),
         "d": (Benchmarks.digests,), "e": (Benchmarks.flatness,), "f": (Benchmarks.first_results,), "g": (Benchmarks.journal, Benchmarks.backlog),
         "h": (Benchmarks.packets,), "j": (Benchmarks.executed,), "s": (Benchmarks.stages,), "x": (Benchmarks.workers,)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for tool in ("millrace", "echo", "load", "pipeline", "journal", "worker", "packets"):
        parser.add_argument(f"--{tool}", required=True, help="the program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1, help="of the numbers of events")
    parser.add_argument("--only", default="".join(CASES), help="cases, such as af")
    parser.add_argument("--json", default="bench.json", help="where to write what was measured")
    arguments = parser.parse_args()

    about = machine()
    print(json.dumps(about), flush=True)
    benchmarks = Benchmarks(arguments, arguments.rounds, arguments.scale)
    for case in arguments.only:
        for run in CASES[case]:
            run(benchmarks)
    result = {"machine": about, "rounds": arguments.rounds, "lines": benchmarks.report.lines}
    Path(arguments.json).write_text(json.dumps(result, indent=1) + "\n", encoding="ascii")
    print(f"Written to {arguments.json}")


if __name__ == "__main__":
    main()
