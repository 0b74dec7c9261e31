"""Logs: one JSON object a line, from structlog for the portal's own events and in the same form for libraries.

An event is a constant string plus fields; `request_id` joins the lines of one request.
"""

import logging.config
import sys
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor

log = structlog.get_logger()

# Called with the level of each message; see `count_messages`.
_count: Callable[[str], None] | None = None
# Called with each error that has an exception; see `report_errors`.
_report: Callable[[dict[str, Any], BaseException], None] | None = None


def _observed(_logger: Any, _method: str, event: EventDict) -> EventDict:
    if _count is not None:
        _count(event["level"])
    if _report is not None and event["level"] in ("error", "critical"):
        error = event.get("exc_info")
        error = sys.exc_info()[1] if error is True else error[1] if isinstance(error, tuple) else error
        if isinstance(error, BaseException):
            _report(dict(event), error)
    return event


# Lines of libraries, which use the standard library, and of the portal get the same fields.
_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    _observed,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    # Without local variables, which may contain a URL with a password or a whole file.
    structlog.processors.format_exc_info,
)


def _json(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=repr)


def _json_text(event: Any, **_: Any) -> str:
    return _json(event).decode()


def standard_library(level: str, stream: str = "ext://sys.stdout") -> dict[str, Any]:
    """A `dictConfig` that makes every logger of the process, gunicorn's included, write JSON lines to `stream`."""
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
            # gunicorn configures these with handlers of its own; replaced, so that no line is written twice.
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
            # At lower levels it logs every command and heartbeat with its content.
            "pymongo": {"level": "WARNING"},
            # Its lines about retries and redirects contain whole URLs, with signatures and passwords.
            "urllib3": {"level": "ERROR"},
        },
    }


# Set by `configure`. None is standard output, looked up for each line.
_out: TextIO | None = None
_level = logging.INFO
# The queue of the writer thread; None while there is no writer.
_queue: "deque[bytes] | None" = None
# A write costs more than the rest of a line and switches threads, so many lines are written together. If the process is
# killed, lines that are younger than this are lost.
_WRITE_INTERVAL_S = 0.1
# About two megabytes. Beyond it, lines are dropped: a blocked reader of the log must not block the event loop.
_MAX_QUEUED = 10_000
_dropped: deque[None] = deque()


def request(fields: dict[str, Any]) -> None:
    """Log a request. The line is the one of `info`, in a tenth of the time, because every response waits for it."""
    if _level > logging.INFO:
        return
    line = {"event": "request", "level": "info", "timestamp": datetime.now(UTC), **fields}
    encoded = orjson.dumps(line, default=repr, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
    if (queue := _queue) is None:
        _write(encoded)
    elif len(queue) < _MAX_QUEUED:
        queue.append(encoded)
    else:
        _dropped.append(None)


def _write(lines: bytes) -> None:
    # One write, so that lines of other threads do not mix with these.
    out = (_out or sys.stdout).buffer
    out.write(lines)
    out.flush()


class RequestLines:
    """A thread that writes queued request lines ten times a second, between `start` and `stop`."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="request-lines", daemon=True)

    def start(self) -> None:
        """Start the thread. Call it after the fork, which threads do not survive."""
        global _queue
        _queue = deque()
        self._thread.start()

    def stop(self) -> None:
        """Write all queued lines and stop the thread. Later requests write their lines themselves."""
        global _queue
        queue, _queue = _queue, None
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        _write_all(queue)

    def _run(self) -> None:
        while not self._stopping.wait(_WRITE_INTERVAL_S):
            _write_all(_queue)


def _write_all(queue: "deque[bytes] | None") -> None:
    lines = []
    while queue:
        lines.append(queue.popleft())
    if lines:
        _write(b"".join(lines))
    if dropped := len(_dropped):
        _ = [_dropped.popleft() for _ in range(dropped)]
        log.warning("request_lines_dropped", count=dropped)


def count_messages(count: Callable[[str], None] | None) -> None:
    """Call `count` with the level of each message from now on, except for the lines of requests. None ends it."""
    global _count
    _count = count


def report_errors(report: Callable[[dict[str, Any], BaseException], None] | None) -> None:
    """Call `report` with each message of level error and its exception from now on. None ends it."""
    global _report
    _report = report


def configure(level: str, stream: TextIO | None = None) -> None:
    """Write all logs of this process from `level` up to `stream`, by default standard output."""
    global _out, _level
    _out, _level = stream, logging.getLevelNamesMapping()[level]
    out = stream or sys.stdout
    logging.config.dictConfig(standard_library(level, "ext://sys.stderr" if out is sys.stderr else "ext://sys.stdout"))
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer(serializer=_json)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        # Not cached on first use, so that a standard output that is replaced later, as in tests, gets the lines.
        logger_factory=lambda *_: structlog.BytesLogger((stream or sys.stdout).buffer),
    )
