"""packet_processes.py PORT: the packet server with worker processes behind queues, one for each core.

Payloads go out through one queue, verdicts come back through another; packets stay here.
"""
import asyncio
import itertools
import multiprocessing
import os
import sys
import threading

from packet_common import serve, verify


def work(tasks, verdicts):
    while (task := tasks.get()) is not None:
        number, payload, digest = task
        verdicts.put((number, verify(payload, digest)))


def make_submit(loop):
    context = multiprocessing.get_context("fork")
    tasks, verdicts = context.Queue(), context.SimpleQueue()
    for _ in range(os.cpu_count()):
        context.Process(target=work, args=(tasks, verdicts), daemon=True).start()
    numbers, waiting = itertools.count(), {}

    def settle(number, verdict):
        waiting.pop(number).set_result(verdict)

    def receive():
        while True:
            loop.call_soon_threadsafe(settle, *verdicts.get())

    def submit(payload, digest):
        number = next(numbers)
        waiting[number] = loop.create_future()
        tasks.put((number, bytes(payload), digest))
        return waiting[number]

    threading.Thread(target=receive, daemon=True).start()
    return submit


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), make_submit))
