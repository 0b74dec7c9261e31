"""The bytes of the stream, in the format of server-sent events (WHATWG HTML, 9.2)."""

import re
from collections.abc import Iterable

import orjson

from app.events import Mark

# After so long without the stream, a browser connects again, unless a stream has named another time.
RECONNECT_MS = 3_000
# More tags in an event than this are named by their kinds alone: pages that wait for one of them refresh all the same.
_MAX_TAGS = 32
_POSITION = re.compile(r"(\d{1,15})\.([0-9a-f]{0,32})")


def position(text: str) -> Mark | None:
    """The mark of an event id (`Mark.id`); None if it is not one of ours."""
    match = _POSITION.fullmatch(text)
    return Mark(int(match[1]), match[2]) if match else None


def opening(mark: Mark | None) -> bytes:
    """The beginning of a stream. `mark`: where it starts, for a client that did not name a position."""
    ready = "" if mark is None else _message("ready", mark, {})
    return f"retry: {RECONNECT_MS}\n\n{ready}".encode()


def change(mark: Mark, tags: Iterable[str], spread_ms: int) -> bytes:
    """Tags have changed. Clients wait for a random part of `spread_ms` before they request anything."""
    names = sorted(tags)
    if len(names) > _MAX_TAGS:
        names = sorted({name.partition(":")[0] for name in names})[:_MAX_TAGS]
    return _message("change", mark, {"tags": names, "spread_ms": spread_ms}).encode()


def resync(mark: Mark, spread_ms: int) -> bytes:
    """The changes since the client's position are unknown: it requests its page again, whatever has changed."""
    return _message("resync", mark, {"spread_ms": spread_ms}).encode()


def heartbeat(mark: Mark) -> bytes:
    """A comment, which keeps proxies from closing the connection, and the position. Browsers raise no event for it."""
    return f": \nid: {mark.id}\n\n".encode()


def farewell(retry_ms: int) -> bytes:
    """The end of a stream: the client connects again after this time."""
    return f"retry: {retry_ms}\n\n".encode()


def _message(name: str, mark: Mark, data: dict[str, object]) -> str:
    return f"event: {name}\nid: {mark.id}\ndata: {orjson.dumps(data).decode()}\n\n"
