"""The cases in which millrace is compared with the same in Python."""
from statistics import median

import servers

MIB = 1 << 20
SIZES = {"1 KiB": 1 << 10, "64 KiB": 64 << 10, "1 MiB": 1 << 20}
COUNTS = {"1 KiB": 40000, "64 KiB": 4000, "1 MiB": 400}
CONNECTIONS = 4
PYTHON = (servers.Executor, servers.Processes)


def measure(benchmarks, turns, kinds, options, warm_up):
    """A list of what the load has to say for each kind, a run a round."""
    results = {kind: [] for kind in kinds}
    for kind in turns(benchmarks.rounds, kinds):
        with kind(benchmarks.tools) as server:
            servers.packets(benchmarks.tools, server, **warm_up)
            before = server.cpu()
            result = servers.packets(benchmarks.tools, server, **options)
            results[kind].append(result | {"cpu": server.cpu() - before})
    return results


def rates(results, factor=1):
    return [run["results"] / run["seconds"] * factor for run in results]


def packet_rates(benchmarks, turns):
    kinds = [servers.Packets, servers.DurablePackets, *PYTHON]
    slowest = None
    for size, count in COUNTS.items():
        options = {"bytes": SIZES[size], "connections": CONNECTIONS, "count": benchmarks.count(count)}
        results = measure(benchmarks, turns, kinds, options, options | {"count": benchmarks.count(count) // 10})
        ours = rates(results[servers.Packets])
        for kind in PYTHON:
            benchmarks.report.add("h", f"{size} verified; {kind.name}", ours, "/s", rates(results[kind]), 1)
        durable = rates(results[servers.DurablePackets])
        benchmarks.report.add("h", "  durability process, of off", durable, "/s", ours)
        slowest = min(median(rates(results[kind])) for kind in kinds)
    openssl = [benchmarks.openssl("md5") * benchmarks.cores for _ in range(benchmarks.rounds)]
    benchmarks.report.add("h", "  of openssl md5 on all cores", [rate * SIZES["1 MiB"] / MIB for rate in ours], "MiB/s",
                          openssl, 0.9)
    by_cpu = [benchmarks.openssl_by_cpu("md5") for _ in range(benchmarks.rounds)]
    efficiency = [run["results"] * SIZES["1 MiB"] / MIB / run["cpu"] for run in results[servers.Packets]]
    benchmarks.report.add("h", "  in a second of CPU time", efficiency, "MiB/s", by_cpu)
    return slowest


def packet_latency(benchmarks, turns, slowest):
    """Large packets come half as fast as the slowest can verify them."""
    kinds = [servers.Packets, servers.OrderedPackets, *PYTHON]
    options = {"bytes": SIZES["1 MiB"], "rate": max(1, int(slowest / 2)), "small": benchmarks.count(2000)}
    results = measure(benchmarks, turns, kinds, options, {"bytes": 1024, "count": 1000})
    for share in ("p50", "p99"):
        ours = [run[share] for run in results[servers.Packets]]
        for kind in PYTHON:
            theirs = [run[share] for run in results[kind]]
            benchmarks.report.add("i", f"64 B, {options['rate']} MiB/s beside it, {share}; {kind.name}", ours, "us", theirs,
                                  1, at_least=False)
        ordered = [run[share] for run in results[servers.OrderedPackets]]
        benchmarks.report.add("i", f"  order global, of order key, {share}", ordered, "us", ours)


def executed(benchmarks, turns):
    options = {"kind": "lines", "count": benchmarks.count(20000)}
    results = measure(benchmarks, turns, [servers.Exec, servers.Pool], options, {"kind": "lines", "count": 200})
    ours, pool = ([options["count"] / run["seconds"] for run in results[kind]] for kind in (servers.Exec, servers.Pool))
    benchmarks.report.add("j", f"exec, echo; {servers.Pool.name}", ours, "events/s", pool, 1)
