"""Many streams of live events, each read and opened again as a browser does it."""

import contextlib
import json
import random
import socket
import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

# Twice the interval of heartbeats: a stream without data for so long is lost.
_SILENT_S = 30
# As live_stream.js after a refusal, but shorter: a drill does not wait for minutes.
_RETRY_S = 2.0


@dataclass
class _Stream:
    """What one client has received: the number of each event, and the tags of all."""

    numbers: list[int] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    last_id: str = ""
    retry_s: float = 3.0
    resyncs: int = 0
    connection: HTTPConnection | None = None


class Clients:
    """Streams of these tags at the address of a portal, from `open` to the end of the block."""

    def __init__(self, url: str, tags: str) -> None:
        self._host = urlsplit(url).netloc
        self._tags = tags
        self._streams: list[_Stream] = []
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.reconnects = 0
        self.refused = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for stream in self._streams:
            # Its thread waits for the next event.
            with contextlib.suppress(AttributeError, OSError):
                stream.connection.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
        _ = [thread.join(_SILENT_S + 5) for thread in self._threads]

    def start(self, count: int) -> None:
        """Begin to open so many streams; those that are refused are tried again every two seconds or so."""
        for _ in range(count):
            self._streams.append(_Stream())
            self._threads.append(threading.Thread(target=self._run, args=(self._streams[-1],), daemon=True))
            self._threads[-1].start()

    def open(self, count: int) -> None:
        """Open so many streams, and wait until each has its position."""
        self.start(count)
        for stream in self._streams:
            while not stream.last_id:
                self._stopping.wait(0.05)

    def have(self, number: int) -> bool:
        """True if every stream has received this change."""
        return all(_number(stream.last_id) >= number for stream in self._streams)

    def repeated(self) -> list[list[int]]:
        """The numbers of each stream that received an event a second time."""
        return [each.numbers for each in self._streams if each.numbers != sorted(set(each.numbers))]

    def missing(self, tags: set[str]) -> list[set[str]]:
        """What each stream missed of these tags. A stream that started again missed nothing."""
        return [tags - each.tags for each in self._streams if not each.resyncs and not tags <= each.tags]

    @property
    def resyncs(self) -> int:
        """How often a stream had to start again because its position was unknown."""
        return sum(each.resyncs for each in self._streams)

    def _run(self, stream: _Stream) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(OSError, HTTPException, ValueError):
                self._read(stream)
            if stream.last_id and not self._stopping.is_set():
                with self._lock:
                    self.reconnects += 1
            self._stopping.wait(stream.retry_s)

    def _read(self, stream: _Stream) -> None:
        connection = stream.connection = HTTPConnection(self._host, timeout=_SILENT_S)
        try:
            headers = {"Last-Event-ID": stream.last_id} if stream.last_id else {}
            connection.request("GET", f"/live/events?tags={self._tags}", headers=headers)
            answer = connection.getresponse()
            if answer.status != 200:
                with self._lock:
                    self.refused += 1
                stream.retry_s = _RETRY_S * random.uniform(0.5, 1.5)
                return
            self._follow(stream, answer)
        finally:
            connection.close()

    def _follow(self, stream: _Stream, answer: HTTPResponse) -> None:
        block: dict[str, str] = {}
        while (line := answer.readline().decode()) and not self._stopping.is_set():
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                block[name] = value
                continue
            self._take(stream, block)
            block = {}

    @staticmethod
    def _take(stream: _Stream, block: dict[str, str]) -> None:
        if "retry" in block:
            stream.retry_s = int(block["retry"]) / 1000
        stream.last_id = block.get("id", stream.last_id)
        if block.get("event") == "change":
            stream.numbers.append(_number(block["id"]))
            stream.tags |= set(json.loads(block["data"])["tags"])
        if block.get("event") == "resync":
            stream.resyncs += 1


def _number(event_id: str) -> int:
    return int(event_id.partition(".")[0] or 0)
