"""A worker process that goes wrong where its event says so: `WHAT` always, `WHAT@N` at the first N attempts.

What is none of the words below is answered as it came; what goes right after it went wrong, as `ok`.
"""
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time

out = sys.stdout


def say(**reply):
    print(json.dumps(reply), flush=True)


def wait_for_ever():
    while True:
        signal.pause()


def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    wait_for_ever()


def leak():
    hoard = []
    while True:
        hoard.append(bytearray(1 << 20))


def compute():
    while True:
        pass


def twice(event):
    reply = json.dumps({"id": event["id"], "payload": "first"})
    os.write(1, f"{reply}\n{reply}\n".encode())


def close(event):
    os.close(1)
    wait_for_ever()


def fork(event):
    """A child in this group, and one that has left it; both outlive this process where nobody ends them."""
    command = ["sleep", "1000"]
    first = subprocess.Popen(command)
    second = subprocess.Popen(command, start_new_session=True)
    say(id=event["id"], payload=f"{first.pid} {second.pid}")


def noisy(event):
    for i in range(2000):
        print("noise " * 20, i, file=sys.stderr)
    print("x" * 100000, file=sys.stderr)
    say(id=event["id"], payload="ok")


def speak(event):
    print("a word about", event["payload"], file=sys.stderr, flush=True)
    say(id=event["id"], payload="ok")


WRONG = {
    "crash": lambda event: os.kill(os.getpid(), signal.SIGSEGV),
    "exit": lambda event: os._exit(3),
    "quit": lambda event: os._exit(0),
    "hang": lambda event: wait_for_ever(),
    "deaf": lambda event: deaf(),
    "leak": lambda event: leak(),
    "compute": lambda event: compute(),
    "twice": twice,
    "garbage": lambda event: print("what?", flush=True),
    "other": lambda event: say(id="5f3a9c01-0.99", payload="ok"),
    "huge": lambda event: say(id=event["id"], payload="x" * (1 << 20)),
    "endless": lambda event: [out.write("x" * (1 << 20)) for _ in range(1 << 20)],
    "close": close,
    "fork": fork,
    "noisy": noisy,
    "speak": speak,
    "after": lambda event: (say(id=event["id"], payload="ok"), os._exit(0)),
    "reject": lambda event: say(id=event["id"], rejected="no"),
    "fail": lambda event: say(id=event["id"], failed="not now"),
    "filter": lambda event: say(id=event["id"], filtered=True),
    "environment": lambda event: say(id=event["id"], payload=json.dumps(dict(os.environ), sort_keys=True)),
    "descriptors": lambda event: say(id=event["id"], payload=" ".join(sorted(os.listdir("/proc/self/fd")))),
    "pid": lambda event: say(id=event["id"], payload=str(os.getpid())),
}


def burn(event):
    """Less than half a second of computing."""
    until = time.process_time() + 0.4
    while time.process_time() < until:
        pass
    say(id=event["id"], payload="ok")


def again(event):
    """Answers, and once more when the next event has come."""
    reply = {"id": event["id"], "payload": "ok"}
    say(**reply)
    sys.stdin.readline()
    say(**reply)
    wait_for_ever()


def unread(what):
    """Answers, and goes wrong when the next event has come, of which it reads nothing."""
    def act(event):
        say(id=event["id"], payload="ok")
        select.select([0], [], [])
        WRONG[what](event)
        wait_for_ever()
    return act


WRONG |= {"burn": burn, "again": again}
WRONG |= {f"unread-{what}": unread(what) for what in ("exit", "garbage", "other", "close")}


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        event = json.loads(line)
        what, _, times = event["payload"].partition("@")
        if what not in WRONG:
            say(id=event["id"], payload=event["payload"], encoding=event["encoding"])
        elif times and event["attempt"] > int(times):
            say(id=event["id"], payload="ok")
        else:
            WRONG[what](event)


if __name__ == "__main__":
    main()
