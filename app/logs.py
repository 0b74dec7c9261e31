"""Logs: one JSON object a line. structlog for our own events, the same form for those of the libraries.

An event is a constant string plus fields; `request_id` joins the lines of one request.
"""

import logging.config
import sys
import threading
from collections import deque
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import Processor

# What libraries log through the standard library and what we log ourselves gets the same fields.
_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    # Without the local variables, which may hold anything: an address with a password, a file.
    structlog.processors.format_exc_info,
)


def _json(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=repr)


def _json_text(event: Any, **_: Any) -> str:
    return _json(event).decode()


def standard_library(level: str, stream: str = "ext://sys.stdout") -> dict[str, Any]:
    """A `dictConfig` that makes every logger of the process, gunicorn's included, write our JSON lines to `stream`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(serializer=_json_text),
                ],
                "foreign_pre_chain": [structlog.stdlib.add_logger_name, *_SHARED],
            }
        },
        "handlers": {"json": {"class": "logging.StreamHandler", "formatter": "json", "stream": stream}},
        "root": {"level": level, "handlers": ["json"]},
        "loggers": {
            # Named by gunicorn itself with handlers of its own: replaced, so that no line comes twice.
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
            # A line for every command and heartbeat, with its content, is not for any log.
            "pymongo": {"level": "WARNING"},
        },
    }


# Where lines go at which level; standard output, looked up for each line, until `configure` says otherwise.
_out: TextIO | None = None
_level = logging.INFO
# While this is not None, lines of requests wait in it for the writer.
_waiting: "deque[bytes] | None" = None
# A write costs more than all else about a line, and lets other threads in between: many go together. What is lost when
# the process is killed is younger than this.
_WRITE_EVERY_S = 0.1
# Two megabytes. A reader that has stopped reading stops the requests, as it did when each wrote for itself.
_MOST_WAITING = 10_000


def request(fields: dict[str, Any]) -> None:
    """The line of a request. As `info` would write it, in a tenth of the time: it is in the way of every answer."""
    if _level > logging.INFO:
        return
    line = {"event": "request", "level": "info", "timestamp": datetime.now(UTC), **fields}
    written = orjson.dumps(line, default=repr, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
    if (waiting := _waiting) is None or len(waiting) >= _MOST_WAITING:
        _write(written)
    else:
        waiting.append(written)


def _write(lines: bytes) -> None:
    # In one piece, so that lines of other threads come before it or after it.
    out = (_out or sys.stdout).buffer
    out.write(lines)
    out.flush()


class RequestLines:
    """Writes the lines of requests from a thread of its own, ten times a second, from `start` to `stop`."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="request-lines", daemon=True)

    def start(self) -> None:
        """Begins. In the process that serves: threads do not cross a fork."""
        global _waiting
        _waiting = deque()
        self._thread.start()

    def stop(self) -> None:
        """Ends, with everything written; requests that come later write for themselves."""
        global _waiting
        left, _waiting = _waiting, None
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        _write_all(left)

    def _run(self) -> None:
        while not self._ended.wait(_WRITE_EVERY_S):
            _write_all(_waiting)


def _write_all(waiting: "deque[bytes] | None") -> None:
    lines = []
    while waiting:
        lines.append(waiting.popleft())
    if lines:
        _write(b"".join(lines))


def configure(level: str, stream: TextIO | None = None) -> None:
    """Sends all logs of this process to `stream` (standard output unless said otherwise) from `level` up."""
    global _out, _level
    _out, _level = stream, logging.getLevelNamesMapping()[level]
    out = stream or sys.stdout
    logging.config.dictConfig(standard_library(level, "ext://sys.stderr" if out is sys.stderr else "ext://sys.stdout"))
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer(serializer=_json)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        # Not cached on first use: whoever replaces the standard output later, as tests do, gets the lines.
        logger_factory=lambda *_: structlog.BytesLogger((stream or sys.stdout).buffer),
    )
