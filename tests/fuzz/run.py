"""run.py PROGRAM NAME FOLDER: replays the corpus of a fuzz target, then fuzzes for some seconds.

MILLRACE_FUZZ_SECONDS is for how long (5). New inputs go to FOLDER/found/NAME, of which a longer run makes use; one that
fails goes to FOLDER/failed/NAME-…, and the way to repeat it is printed. `run.py --keep` keeps them: it makes the
smallest set of inputs that covers what both cover, beside what has a name in tests/fuzz/corpus/NAME.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SHORT = 5  # seconds
FOUND = re.compile(r"[0-9a-f]{40}")  # as libFuzzer names what it finds; what has another name stays


def options(name, folder):
    dictionary = HERE / "dictionaries" / f"{name}.dict"
    (folder / "failed").mkdir(parents=True, exist_ok=True)
    return ["-timeout=60", "-rss_limit_mb=2048", "-max_len=4096", "-print_final_stats=1", "-verbosity=0",
            f"-artifact_prefix={folder}/failed/{name}-", *([f"-dict={dictionary}"] if dictionary.exists() else [])]


# Where an allocation came from is of little use here, and costs a tenth of the time.
QUICK = os.environ | {"ASAN_OPTIONS": "malloc_context_size=5:symbolize=1"}


def fuzz(program, name, folder):
    seconds = float(os.environ.get("MILLRACE_FUZZ_SECONDS", SHORT))
    found = folder / "found" / name
    same = []
    if seconds <= SHORT:  # the same work every time, as far as the time allows
        shutil.rmtree(found, ignore_errors=True)
        same = ["-seed=1"]
    found.mkdir(parents=True, exist_ok=True)
    command = [program, *options(name, folder), *same, f"-max_total_time={max(1, round(seconds))}", found,
               HERE / "corpus" / name]
    return subprocess.run(command, env=QUICK, check=False).returncode


def keep(program, name, folder):
    corpus, merged = HERE / "corpus" / name, folder / "merged" / name
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    # By edges, not by how often each is passed: a tenth of the files.
    command = [program, *options(name, folder), "-use_counters=0", "-merge=1", merged, corpus, folder / "found" / name]
    code = subprocess.run(command, env=QUICK, check=False).returncode
    if code == 0:
        for file in corpus.iterdir():
            if FOUND.fullmatch(file.name):
                file.unlink()
        named = {file.read_bytes() for file in corpus.iterdir()}
        for file in merged.iterdir():
            if file.read_bytes() not in named:
                shutil.copy(file, corpus)
    return code


if __name__ == "__main__":
    arguments = sys.argv[1:]
    act = keep if arguments[0] == "--keep" else fuzz
    target, called, where = arguments[-3:]
    sys.exit(act(target, called, Path(where)))
