"""bench: a worker process that answers with what it was given."""
import json
import sys

for line in sys.stdin:
    event = json.loads(line)
    print(json.dumps({"id": event["id"], "payload": event["payload"], "encoding": event["encoding"]}), flush=True)
