"""A client of the packet server as its users write one: `struct`, `hashlib` and a socket."""
import base64
import hashlib
import select
import socket
import struct


def packet(payload):
    """A header of the payload's size and MD5, then the payload."""
    return struct.pack(">I16s", len(payload), hashlib.md5(payload).digest()) + payload


def spoilt(payload):
    """A packet whose digest is that of other bytes."""
    return struct.pack(">I16s", len(payload), hashlib.md5(payload + b"?").digest()) + payload


def payload_of(envelope):
    """Of a result, or of a dead letter."""
    text = envelope["payload"]
    return base64.b64decode(text) if envelope["encoding"] == "base64" else text.encode()


class Client(socket.socket):
    def __init__(self, port):
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.settimeout(30)
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connect(("127.0.0.1", port))

    def stream(self):
        """How the program calls this connection, but for its start and number."""
        host, port = self.getsockname()
        return f"tcp/{host}/{port}/"

    def has_been_read(self):
        """Whether all that was sent has left the kernel: nothing waits in either side's queue."""
        ours, theirs = self.getsockname()[1], self.getpeername()[1]
        queues = []
        with open("/proc/net/tcp", encoding="ascii") as table:
            for row in table.readlines()[1:]:
                fields = row.split()
                ends = [int(end.split(":")[1], 16) for end in fields[1:3]]
                waits = [int(size, 16) for size in fields[4].split(":")]
                if ends == [ours, theirs]:
                    queues.append(waits[0])
                elif ends == [theirs, ours]:
                    queues.append(waits[1])
        return queues == [0, 0]

    def is_closed(self):
        """Waits until the other side has closed: "end" for a FIN, "reset" for a reset."""
        try:
            return "end" if self.recv(1) == b"" else "data"
        except ConnectionResetError:
            return "reset"

    def has_been_closed(self):
        """The same without waiting."""
        readable, _, _ = select.select([self], [], [], 0)
        return bool(readable) and self.is_closed() != "data"

    def reset(self):
        """Dies: what has not been read is gone."""
        self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()
