"""Shows that the fault suite can fail: makes each classic mistake in a copy of the tree, and runs the case that
must notice.

    mutants.py [NAME…]    those of tests/faults/mutants with such a name; all, without

A patch says in its first lines what the mistake is and which case, a regular expression of ctest's, has to fail.
Exit code 1 when a mistake goes unnoticed. Run from the top of the tree; the copy stays in build/mutants.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

TREE = Path("build/mutants/tree")
BUILD = TREE / "build" / "release"
PATCHES = Path("tests/faults/mutants")
PROGRAMS = ["millrace", "faulty_mill"]


def run(*command, quiet=True, **options):
    done = subprocess.run([str(part) for part in command], text=True, capture_output=quiet, check=False, **options)
    return done.returncode, (done.stdout or "") + (done.stderr or "")


def must(*command, **options):
    code, output = run(*command, **options)
    if code != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{output}")


def copy_tree():
    """Updates the copy; a file that is the same keeps its time, so that little is built again."""
    for name in ("include", "src", "tests", "cmake", "config"):
        for path in Path(name).rglob("*"):
            if path.is_file():
                copy_file(path)
        for path in (TREE / name).rglob("*"):
            if path.is_file() and not path.relative_to(TREE).exists():
                path.unlink()
    for name in ("CMakeLists.txt", "CMakePresets.json", "README.md"):
        copy_file(Path(name))


def copy_file(path):
    to = TREE / path
    if to.exists() and to.read_bytes() == path.read_bytes():
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)
    shutil.copymode(path, to)


def build(*targets):
    return run("cmake", "--build", BUILD, "--target", *targets)


def header(patch, name):
    found = re.search(rf"^{name}: (.*)$", patch.read_text(encoding="utf-8"), re.M)
    return found[1] if found else sys.exit(f"{patch}: says no {name}")


def is_noticed(patch):
    """Whether the case that the patch names fails with it."""
    case = header(patch, "Case")
    must("patch", "-p1", "-s", "-d", TREE, "-i", patch.resolve())
    try:
        code, output = build(*PROGRAMS)
        if code != 0:
            sys.exit(f"{patch} does not build:\n{output}")
        _, output = run("ctest", "--test-dir", BUILD, "-R", case, "--output-on-failure", "--no-tests=error")
        (TREE.parent / (patch.stem + ".log")).write_text(output, encoding="utf-8")
        if "No tests were found" in output:
            sys.exit(f"{patch}: no case is called {case}")
        counts = re.search(r"(\d+) tests failed out of (\d+)", output)
        return bool(counts) and int(counts[1]) > 0 and "Not Run" not in output
    finally:
        must("patch", "-p1", "-s", "-R", "-d", TREE, "-i", patch.resolve())


def main():
    os.environ.pop("MILLRACE_FAULTS", None)
    patches = sorted(p for p in PATCHES.glob("*.patch") if not sys.argv[1:] or p.stem in sys.argv[1:])
    if not patches:
        sys.exit("no such mutant")
    copy_tree()
    must("cmake", "--preset", "release", cwd=TREE)
    must("cmake", "--build", BUILD, "--target", *PROGRAMS, "tests/faults/all", quiet=False)
    cases = "|".join(header(patch, "Case") for patch in patches)
    print("Without a mistake:", flush=True)
    must("ctest", "--test-dir", BUILD, "-R", cases, "-j2", "--output-on-failure", "--no-tests=error", quiet=False)
    unnoticed = 0
    for patch in patches:
        noticed = is_noticed(patch)
        unnoticed += not noticed
        print(f"{'noticed  ' if noticed else 'UNNOTICED'} {header(patch, 'Mistake')}: {header(patch, 'Case')}", flush=True)
    sys.exit(1 if unnoticed else 0)


main()
