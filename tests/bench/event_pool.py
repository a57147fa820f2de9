"""event_pool.py PORT: events off a connection, five processes that work on them, a Manager's queue between: as the blog has
it. Results go to standard output, in the order of the events.

Each process takes events from the queue until there are no more; what it answers comes back through another queue.
"""
import concurrent.futures
import multiprocessing
import socket
import sys
import threading

WORKERS = 5


def process_event(payload):
    return payload


def consume(events, results):
    while (event := events.get()) is not None:
        number, payload = event
        results.put((number, process_event(payload)))


def publish(results):
    """In order: what comes early waits."""
    early, number = {}, 0
    while True:
        done, payload = results.get()
        early[done] = payload
        while number in early:
            sys.stdout.buffer.write(early.pop(number) + b"\n")
            number += 1
        if not early:
            sys.stdout.buffer.flush()


def main(port):
    with multiprocessing.Manager() as manager, concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        events, results = manager.Queue(1000), manager.Queue()
        for _ in range(WORKERS):
            pool.submit(consume, events, results)
        threading.Thread(target=publish, args=(results,), daemon=True).start()
        number = 0
        with socket.create_server(("127.0.0.1", port)) as server:
            while True:
                connection, _ = server.accept()
                with connection, connection.makefile("rb") as lines:
                    for line in lines:
                        events.put((number, line.rstrip(b"\n")))
                        number += 1


if __name__ == "__main__":
    main(int(sys.argv[1]))
