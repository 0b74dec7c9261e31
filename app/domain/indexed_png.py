"""PNG pictures with a palette, by the standard library alone: web workers change their colours without decoding them.

Source: PNG (Portable Network Graphics) Specification, third edition, W3C 2025.
"""

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Eight bits a pixel, each an index of the palette; no interlacing.
_BIT_DEPTH, _INDEXED = 8, 3
# Rows that repeat the one above become zeros, which compress to nothing: a picture of four times the size is not four
# times as large.
FILTER_UP = 2


def assembled(width: int, height: int, palette: bytes, rows: bytes, alpha: bytes = b"") -> bytes:
    """The PNG. palette: three bytes a colour; rows: for each one a filter byte and `width` bytes.

    alpha: the opacity of the first colours, 0 to 255; the others are opaque.
    """
    header = struct.pack(">IIBBBBB", width, height, _BIT_DEPTH, _INDEXED, 0, 0, 0)
    transparency = _chunk(b"tRNS", alpha) if alpha else b""
    body = _chunk(b"PLTE", palette) + transparency + _chunk(b"IDAT", zlib.compress(rows, 6)) + _chunk(b"IEND", b"")
    return _SIGNATURE + _chunk(b"IHDR", header) + body


def recoloured(png: bytes, first: int, colours: bytes) -> bytes:
    """The PNG with other colours from the index `first` on, as many as its palette has."""
    at = len(_SIGNATURE)
    while at + 12 <= len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        if name == b"PLTE":
            palette = png[at + 8 : at + 8 + length]
            changed = (palette[: 3 * first] + colours + palette[3 * first + len(colours) :])[:length]
            return png[:at] + _chunk(b"PLTE", changed) + png[at + 12 + length :]
        at += 12 + length
    return png


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
