"""The import log as the public may read it: what became of each file, without where it lay or who fetched it how."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.records import ImportAttempt, Outcome, Verification
from app.queries import cursors
from app.store import counters, imports, rebuild_queue, verifications

OUTCOMES: tuple[Outcome, ...] = ("stored", "replaced", "unchanged", "refused")
# Long enough to see what has been going wrong, short enough to be counted while a visitor waits.
COUNTED_FOR = timedelta(days=7)
_MOST_COUNTED = 10_000
_MOST_PENDING = 1000

# What a log may hold and nobody else shall know: addresses with passwords and hosts, folders, servers.
_ADDRESS = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://\S+")
_FOLDERS = re.compile(r"(?<![\w.…])(?:~|\.{1,2})?/(?:[^\s/:'\"<>|,;]+/)*[^\s/:'\"<>|,;]*|\b[A-Za-z]:\\[^\s:'\"<>|,;]*")
_SERVER = re.compile(
    r"\b(?:(?:[A-Za-z0-9][\w-]*\.)*[A-Za-z][\w-]*|\d{1,3}(?:\.\d{1,3}){3}):\d{2,5}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b"
)


@dataclass(frozen=True, slots=True)
class ImportPage:
    """A page of attempts, newest first, and the cursor of the next one (None on the last)."""

    items: list[ImportAttempt]
    next: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """How importing goes: the newest attempt, the outcomes of the last days, what waits to be derived and since when.

    Counts end at 10 000, what waits at 1 000; `ever` holds the outcomes since the portal began. `verification` is the
    last one of the whole store.
    """

    last: ImportAttempt | None
    counted_for: timedelta
    outcomes: dict[Outcome, int]
    ever: dict[str, int]
    pending: int
    pending_since: datetime | None
    verification: Verification | None


def page(
    limit: int = 50, cursor: str | None = None, outcome: Outcome | None = None, simulated: bool = False
) -> ImportPage:
    """A page of attempts, of one outcome if given. Raises Invalid("cursor")."""
    after = cursors.decode(cursor, datetime, str) if cursor else None
    found = imports.page(limit + 1, (after[0], after[1]) if after else None, outcome, simulated)
    items = found[:limit]
    more = cursors.encode(items[-1].at, items[-1].id) if len(found) > limit else None
    return ImportPage([_public(attempt) for attempt in items], more)


def health(now: datetime) -> Health:
    """How importing goes."""
    newest = imports.page(1)
    waiting, since = rebuild_queue.waiting(_MOST_PENDING)
    return Health(
        last=_public(newest[0]) if newest else None,
        counted_for=COUNTED_FOR,
        outcomes={outcome: imports.count(outcome, now - COUNTED_FOR, _MOST_COUNTED) for outcome in OUTCOMES},
        ever=counters.imports(),
        pending=waiting,
        pending_since=since,
        verification=verifications.last(),
    )


def _public(attempt: ImportAttempt) -> ImportAttempt:
    reason = public_text(attempt.reason) if attempt.reason else None
    return replace(attempt, file_name=public_text(attempt.file_name), reason=reason)


def public_text(text: str) -> str:
    """The text with the last name alone of each address and path in it, and without servers."""
    text = _ADDRESS.sub(lambda found: _last(re.split(r"[?#]", found[0].partition("://")[2])[0], "/"), text)
    text = _FOLDERS.sub(lambda found: _last(found[0], r"[/\\]"), text)
    return _SERVER.sub("…", text)


def _last(path: str, separator: str) -> str:
    *folders, name = re.split(separator, path)
    return f"…/{name}" if folders and name else "…"
