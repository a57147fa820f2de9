"""Answers events as they came; its process dies at the first attempt of every fortieth, and answers twice to others."""
import json
import os
import sys

for line in sys.stdin:
    event = json.loads(line)
    number = int("0" + "".join(c for c in event["payload"].split(" ")[0] if c.isdigit()))
    reply = json.dumps({"id": event["id"], "payload": event["payload"]})
    if number % 40 == 7 and event["attempt"] == 1:
        os._exit(1)
    os.write(1, f"{reply}\n".encode() * (2 if number % 40 == 19 else 1))
