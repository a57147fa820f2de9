"""What each stage of the pipeline costs an event, in instructions, as callgrind counts them.

Instructions do not depend on what else the machine does. What the named functions call counts as theirs, but for what
is another stage.
"""
import re
import subprocess
import tempfile
from pathlib import Path

COUNT = 20000
# The function that is a stage, and what is not its own in it.
STAGES = {
    "append": ("millrace::MemoryJournal::append(millrace::Chunk)", None),
    "feeder": ("millrace::Feeder::run()", None),
    "framing": ("millrace::FramingStage::next(", None),
    "processing": ("millrace::ProcessingStage::run(", None),
    "emit": ("millrace::EmitStage::take(", "ConfirmingSink::accept("),
    "commit": ("millrace::Pipeline::confirmed(", None),
}


def inclusive(lines, function):
    counts = [int(match[1].replace(",", "")) for line in lines
              if (match := re.match(rf"\s*([\d,]+) .*:.*?{re.escape(function)}", line))]
    if not counts:
        raise RuntimeError(f"callgrind saw no {function}")
    return max(counts)


def instructions(pipeline):
    """Of each stage an event; `order and graph` is what is left: oneTBB, and the freeing of what an event took."""
    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as folder:
        record = Path(folder, "callgrind")
        subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={record}", pipeline, "identity",
                        str(COUNT), "256"], check=True, capture_output=True)
        lines = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", record], check=True,
                               capture_output=True, text=True).stdout.splitlines()
    total = next(int(line.split()[0].replace(",", "")) for line in lines if "PROGRAM TOTALS" in line)
    costs = {name: inclusive(lines, own) - (inclusive(lines, other) if other else 0)
             for name, (own, other) in STAGES.items()}
    costs["order and graph"] = total - sum(costs.values())
    return {name: cost / COUNT for name, cost in costs.items()}
