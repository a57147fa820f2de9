"""Worker processes in Python: put your own code into process_event.

    seq 10 | millrace run --config config/examples/python-worker/config.json

One JSON object a line comes in, and one goes out for each; what is printed on stderr goes to millrace's log.
"""
import argparse
import json
import sys
import threading


class Rejected(Exception):
    """This event is never going to work; any other exception means that it may later."""


def process_event(payload, delay):
    """Five seconds of work on one event."""
    threading.Event().wait(delay)
    try:
        return str(int(payload) ** 2)
    except ValueError as error:
        raise Rejected(f"not a number: {payload[:50]}") from error


def answer(event, delay):
    try:
        return {"id": event["id"], "payload": process_event(event["payload"], delay)}
    except Rejected as why:
        return {"id": event["id"], "rejected": str(why)}
    except Exception as why:
        return {"id": event["id"], "failed": f"{type(why).__name__}: {why}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay", type=float, default=5, help="seconds that an event takes")
    delay = parser.parse_args().delay
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), delay)), flush=True)


if __name__ == "__main__":
    main()
