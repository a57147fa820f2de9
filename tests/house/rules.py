"""The house rules that no compiler checks. `rules.py RULE` prints what breaks the rule and exits 1 if anything does.

Run from the top of the tree.
"""
import re
import sys
from pathlib import Path

# The three libraries and the program: their folders, which others of them they may see, and which third parties.
# The folders are src/'s; `contracts` is include/millrace/, which everybody may see.
LAYERS = {
    "contracts": ([], [], []),
    "core": (["config", "event", "framing", "processing"], [],
             ["nlohmann/", "valijson/", "openssl/", "zlib.h"]),
    "pipeline": (["journal", "evidence", "dedupe", "pipeline"], ["core"], ["oneapi/", "tbb/", "isa-l/"]),
    "io": (["net", "source", "sink", "exec", "observability"], ["core"],
           ["mqtt/", "MQTT", "boost/", "openssl/", "spdlog/", "nlohmann/",
            "prometheus/"]),
    "program": (["", "commands"], ["core", "pipeline", "io"], ["CLI/", "openssl/", "spdlog/", "nlohmann/"]),
}
# The operating system's headers, for all but the contracts; C++'s own have neither a folder nor a suffix.
POSIX = re.compile(r"(sys|netinet|arpa|net|linux)/\w+\.h$|(unistd|fcntl|poll|signal|netdb|pthread|dirent|termios|malloc)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

MAX_LINES = 400
MAX_COLUMNS = 100
UNFINISHED = re.compile(r"\bTO[D]O\b|\bFIX[M]E\b|\bX[X]X\b|not implem[e]nted|DISABLE[D]_|GTEST_SKI[P]")
SLEEPS = re.compile(r"\bslee[p]_(for|until)\b|\busle[e]p\b|\bnanosle[e]p\b|\btime\.slee[p]\b")


def code():
    for top in ("include", "src", "tests"):
        yield from sorted(p for p in Path(top).rglob("*") if p.suffix in (".hpp", ".cpp", ".py"))


def lines_of(paths):
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield path, number, line


def layer_of(path):
    if path.parts[0] == "include":
        return "contracts"
    folder = path.parts[1] if len(path.parts) > 2 else ""
    return next((name for name, (folders, _, _) in LAYERS.items() if folder in folders), None)


def may_include(layer, quoted, name):
    folders, sees, third_parties = LAYERS[layer]
    if quoted:
        visible = folders + [folder for other in sees for folder in LAYERS[other][0]]
        return name.split("/")[0] in ["millrace"] + visible
    if not re.search(r"[/.]", name):
        return True
    return layer != "contracts" and bool(POSIX.match(name) or name.startswith(tuple(third_parties)))


def includes():
    """Each folder includes only what its library may know."""
    for path, number, line in lines_of(p for p in code() if p.parts[0] != "tests"):
        layer = layer_of(path)
        if layer is None:
            yield f"{path}: its folder belongs to no library"
            continue
        found = INCLUDE.match(line)
        if found and not may_include(layer, found[1] == '"', found[2]):
            yield f"{path}:{number}: {layer} may not include {found[2]}"


def lengths():
    """No file over 400 lines, no line of C++ over 100 columns."""
    for path in code():
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > MAX_LINES:
            yield f"{path}: {count} lines, at most {MAX_LINES}"
    for path, number, line in lines_of(p for p in code() if p.suffix != ".py"):
        if len(line) > MAX_COLUMNS:
            yield f"{path}:{number}: {len(line)} columns, at most {MAX_COLUMNS}"


def finished():
    """Nothing is left for later, switched off or skipped, but where a machine lacks what a fault needs."""
    for path, number, line in lines_of(p for p in code() if p.name != "fault_case.cpp"):
        if UNFINISHED.search(line):
            yield f"{path}:{number}: {line.strip()}"


def waits():
    """Nothing sleeps to synchronise: a condition is waited for, with a deadline."""
    for path, number, line in lines_of(code()):
        if SLEEPS.search(line):
            yield f"{path}:{number}: {line.strip()}"


RULES = {rule.__name__: rule for rule in (includes, lengths, finished, waits)}

if __name__ == "__main__":
    broken = list(RULES[sys.argv[1]]())
    print("\n".join(broken) or f"{sys.argv[1]}: kept")
    sys.exit(1 if broken else 0)
