"""packet_executor.py PORT: the packet server as the question has it: asyncio, and a pool of threads that verifies."""
import asyncio
import concurrent.futures
import functools
import sys

from packet_common import serve, verify

WORKERS = 5


def make_submit(loop):
    pool = concurrent.futures.ThreadPoolExecutor(WORKERS)
    return functools.partial(loop.run_in_executor, pool, verify)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), make_submit))
