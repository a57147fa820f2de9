"""What the packet servers in Python share. Standard library only; a packet is `>I16s` (length, MD5), then its payload."""
import asyncio
import hashlib
import os
import struct
import sys

HEADER = struct.Struct(">I16s")
PIECE = 4096
WAITING = 64  # packets of a connection that are verified at a time
ROOM = 1 << 20  # bytes of the buffer at which receiving pauses, beside the packet under way


def verify(payload, digest):
    """In pieces, as a digest is fed. hashlib lets go of the interpreter lock while it works on more than 2047 bytes."""
    md5 = hashlib.md5()
    view = memoryview(payload)
    for at in range(0, len(view), PIECE):
        md5.update(view[at:at + PIECE])
    return md5.digest() == digest


class Packets(asyncio.Protocol):
    """Gathers a connection's bytes, cuts packets off their front, and has them verified; they go on in order."""

    def __init__(self, submit, listeners):
        """`submit(payload, digest)` answers a future; `listeners.put(packet)` hands a verified one on."""
        self.submit, self.listeners = submit, listeners
        self.buffer = bytearray()
        self.needed = HEADER.size
        self.waiting = asyncio.Queue()

    def connection_made(self, transport):
        self.transport = transport
        self.distributing = asyncio.create_task(self.distribute())

    def connection_lost(self, exception):
        self.waiting.put_nowait(None)

    def data_received(self, data):
        self.buffer += data
        if len(self.buffer) >= self.needed:
            self.cut()

    def cut(self):
        begin = 0
        while self.waiting.qsize() < WAITING and len(self.buffer) - begin >= HEADER.size:
            length, digest = HEADER.unpack_from(self.buffer, begin)
            end = begin + HEADER.size + length
            if len(self.buffer) < end:
                self.needed = end - begin
                break
            with memoryview(self.buffer) as view:
                packet = bytes(view[begin:end])
            payload = memoryview(packet)[HEADER.size:]
            self.waiting.put_nowait((packet, self.submit(payload, digest)))
            begin = end
        else:
            self.needed = HEADER.size
        if begin:
            del self.buffer[:begin]
        self.pause_or_resume()

    def pause_or_resume(self):
        full = self.waiting.qsize() >= WAITING or len(self.buffer) >= self.needed + ROOM
        if full and self.transport.is_reading():
            self.transport.pause_reading()
        elif not full and not self.transport.is_reading() and not self.transport.is_closing():
            self.transport.resume_reading()

    async def distribute(self):
        while (item := await self.waiting.get()) is not None:
            packet, verified = item
            if await verified:
                await self.listeners.put(packet)
            if not self.transport.is_reading():
                self.cut()


class Listeners:
    """One listener: standard output, a line feed behind each packet."""

    async def open(self):
        os.set_blocking(sys.stdout.fileno(), False)
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout.buffer)
        transport.set_write_buffer_limits(high=4 << 20)
        self.writer = asyncio.StreamWriter(transport, protocol, None, loop)
        return self

    async def put(self, packet):
        self.writer.write(packet + b"\n")
        await self.writer.drain()


async def serve(port, make_submit):
    listeners = await Listeners().open()
    loop = asyncio.get_running_loop()
    submit = make_submit(loop)
    server = await loop.create_server(lambda: Packets(submit, listeners), "127.0.0.1", port)
    async with server:
        await server.serve_forever()
