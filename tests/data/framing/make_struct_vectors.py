"""Prints what Python's struct makes of random headers: format|size|bytes|values, in hex and decimal.

Values are separated by commas; those of code s are written as s:hex.
"""
import random
import struct

FORMATS = [
    "<b", ">b", "!b", "<B", ">B", "<h", ">h", "!h", "<H", ">H", "!H", "<i", ">i", "<I", ">I", "!I",
    "<q", ">q", "!q", "<Q", ">Q", "!Q", ">I16s", "<2H", ">3h2s", "<4xI", ">I4x", "!BxHxIxQ",
    "< b h\ti q", ">0HI", ">0sI", ">s I s", "<10s0x3B", ">1x01H", ">2b2B2h2H2i2I2q2Q", "<I\n20s",
    ">00002H", "<H 0q", ">B255sB", ">  I  ",
]


def text(value):
    return "s:" + value.hex() if isinstance(value, bytes) else str(value)


def main():
    rng = random.Random(3)
    for fmt in FORMATS:
        size = struct.calcsize(fmt)
        for fill in (None, None, None, 0x00, 0x7F, 0x80, 0xFF):
            data = rng.randbytes(size) if fill is None else bytes([fill]) * size
            values = ",".join(text(value) for value in struct.unpack(fmt, data))
            print(fmt.encode("unicode_escape").decode(), size, data.hex(), values, sep="|")


if __name__ == "__main__":
    main()
