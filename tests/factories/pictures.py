"""Pictures that are not what they say."""

import struct
import zlib


def chunk(name: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    width: int, height: int, *between: bytes, pixels: bytes = bytes(99), depth: int = 8, colours: int = 2
) -> bytes:
    """A PNG that says it is so large, with these parts in between, and these pixels."""
    head = chunk(b"IHDR", struct.pack(">II5B", width, height, depth, colours, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(between)
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


def saying_so_large(body: bytes, width: int, height: int) -> bytes:
    """The same picture, whose head says another size."""
    if body[:2] == b"\xff\xd8":
        at = body.index(b"\xff\xc0") + 5
        return body[:at] + struct.pack(">HH", height, width) + body[at + 4 :]
    if body[:4] == b"RIFF":  # as VP8X, which comes before the picture itself
        head = (
            struct.pack("<4sII", b"VP8X", 10, 0)
            + (width - 1).to_bytes(3, "little")
            + (height - 1).to_bytes(3, "little")
        )
        return body[:4] + struct.pack("<I", len(body) - 8 + len(head)) + b"WEBP" + head + body[12:]
    at = body.index(b"ispe") + 8
    return body[:at] + struct.pack(">II", width, height) + body[at + 8 :]
