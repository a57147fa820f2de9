"""The journal by itself."""
import contextlib
import json
import subprocess
import tempfile


def append_cost(tool, count, size):
    """Nanoseconds that an append takes, on average."""
    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as folder:
        output = subprocess.run([tool, "append", str(count), str(size), folder], check=True, capture_output=True)
        return json.loads(output.stdout)["append_ns"]


@contextlib.contextmanager
def filled_journal(tool, count, size):
    """A folder with a journal in which so many events wait."""
    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as folder:
        subprocess.run([tool, "fill", str(count), str(size), folder], check=True)
        yield folder
