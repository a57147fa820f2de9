"""The figures of a run of the fault suite as a Markdown table: report.py <FIGURES.jsonl >REPORT.md

Each line of the input is what one case has written to MILLRACE_FAULTS_REPORT.
"""
import json
import os
import platform
import subprocess
import sys

# What was done, and the suites that did it, without the instantiations' prefixes.
ROWS = [
    ("kill -9", ["KillMinusNine"]),
    ("SIGTERM", ["Terminate"]),
    ("SIGSTOP", ["Suspend"]),
    ("broker restarted, killed, wiped", ["BrokerFaults"]),
    ("network", ["Network", "NetworkOfAnEnd", "SilentNetwork", "BlackHole"]),
    ("sink broker away", ["Outage"]),
    ("acknowledgements and limits", ["Pubacks", "RefusedPubacks", "ReceiveMaximum"]),
    ("journal", ["DamagedJournal", "DamagedRecords", "FullDisk", "TracedDisk", "FailingCalls"]),
    ("processors", ["FaultyProcessor", "CrashingProcessor"]),
    ("overload", ["Overload"]),
    ("two instances", ["TwoInstances"]),
    ("split frames", ["SplitFrames"]),
    ("clock", ["ClockChanges"]),
    ("soak", ["Soak"]),
    ("worker processes", ["WorkerKills"]),
    ("order by key, or none", ["OrderUnderKill"]),
    ("three instances", ["ThreeInstances"]),
    ("WebSocket", ["WebSocketFaults", "HalfOpen"]),
]


def row_of(case):
    name, *_ = [part for part in case.split(".")[0].split("/")][-1:]
    return next((i for i, (_, suites) in enumerate(ROWS) if name in suites), len(ROWS))


def text_of(value):
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def figures_of(line):
    # A column of zeros for each promise that was kept says less than one word.
    kept = ("lost", "invented", "corrupted", "out_of_order")
    figures = line["figures"] or {}
    parts = [f"{name} {text_of(value)}" for name, value in figures.items() if name not in kept or value]
    if kept[0] in figures and not any(figures.get(name) for name in kept):
        parts.insert(0, "kept")
    return ", ".join(parts).replace("_", " ")


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).splitlines()[0]
    except (OSError, IndexError):
        return "unknown"


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as cpus:
        model = next((line.split(":")[1].strip() for line in cpus if line.startswith("model name")), "unknown")
    with open("/etc/os-release", encoding="utf-8") as release:
        system = next(line.split("=")[1].strip().strip('"') for line in release if line.startswith("PRETTY_NAME"))
    return f"{os.cpu_count()} × {model}, {system}, Linux {platform.release()}, {first_line(['mosquitto', '-h'])}"


def main():
    lines = sorted((json.loads(line) for line in sys.stdin), key=lambda line: (row_of(line["case"]), line["case"]))
    outcomes = [line["outcome"] for line in lines]
    counts = ", ".join(f"{outcomes.count(each)} {each}" for each in ("passed", "failed", "left out"))
    forms = " and ".join(sorted({line["form"] for line in lines}))
    print(f"# Faults: {counts}\n\n{machine()}; {forms} form. *kept*: nothing lost, invented, corrupted, or out of order.\n")
    print("| # | fault | case | outcome | seconds | figures |\n|---|---|---|---|---|---|")
    for line in lines:
        row = row_of(line["case"])
        fault = ROWS[row][0] if row < len(ROWS) else "?"
        print(f"| {row + 1} | {fault} | {line['case']} | {line['outcome']} | {line['seconds']:.0f} | {figures_of(line)} |")


main()
