"""The public import log: the outcome of each file, without folders, addresses and servers."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.import_log import ImportAttempt, IncompleteImports, NotImported, ParkedRebuild, Verification
from app.domain.records import Outcome
from app.queries import cursors
from app.queries.cursors import Page
from app.store import counters, imports, rebuild_queue, verifications

OUTCOMES: tuple[Outcome, ...] = ("stored", "replaced", "unchanged", "refused")
# Long enough to show repeated failures, short enough to be counted during a request.
COUNTED_FOR = timedelta(days=7)
_MOST_COUNTED = 10_000
_MOST_PENDING = 1000
# Shown with their causes; each needs a correction of its data or of the program.
_MOST_PARKED = 20
_LATEST = 20

# Parts of the log that must not be public: addresses with passwords and hosts, folders, servers.
_ADDRESS = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://\S+")
_FOLDERS = re.compile(r"(?<![\w.…])(?:~|\.{1,2})?/(?:[^\s/:'\"<>|,;]+/)*[^\s/:'\"<>|,;]*|\b[A-Za-z]:\\[^\s:'\"<>|,;]*")
_SERVER = re.compile(
    r"\b(?:(?:[A-Za-z0-9][\w-]*\.)*[A-Za-z][\w-]*|\d{1,3}(?:\.\d{1,3}){3}):\d{2,5}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b"
)


@dataclass(frozen=True, slots=True)
class Health:
    """The state of importing: the latest attempt, the outcomes of the last days, and the pending rebuilds.

    Outcomes are counted up to 10 000, pending rebuilds up to 1 000. `ever` holds the outcomes since the first import.
    `parked` are the latest rebuilds that failed and wait for a change of their data, 20 at most.
    `incomplete` are those of the latest 20 attempts whose files have variables that are not imported, by variables.
    `verification` is the last one of the whole store.
    """

    last: ImportAttempt | None
    incomplete: tuple[IncompleteImports, ...]
    counted_for: timedelta
    outcomes: dict[Outcome, int]
    ever: dict[str, int]
    pending: int
    pending_since: datetime | None
    parked: tuple[ParkedRebuild, ...]
    verification: Verification | None


def page(
    limit: int = 50, cursor: str | None = None, outcome: Outcome | None = None, simulated: bool = False
) -> Page[ImportAttempt]:
    """A page of attempts, latest first, of one outcome if given. Raises Invalid("cursor")."""
    after = cursors.decode(cursor, datetime, str) if cursor else None
    rows = imports.page(limit + 1, (after[0], after[1]) if after else None, outcome, simulated)
    page = cursors.page(rows, limit, lambda attempt: (attempt.at, attempt.id))
    return replace(page, items=[_public(attempt) for attempt in page.items])


def health(now: datetime) -> Health:
    """The state of importing."""
    latest = [_public(attempt) for attempt in imports.page(_LATEST)]
    pending, pending_since = rebuild_queue.waiting(_MOST_PENDING)
    return Health(
        last=latest[0] if latest else None,
        incomplete=_incomplete(latest),
        counted_for=COUNTED_FOR,
        outcomes={outcome: imports.count(outcome, now - COUNTED_FOR, _MOST_COUNTED) for outcome in OUTCOMES},
        ever=counters.imports(),
        pending=pending,
        pending_since=pending_since,
        parked=tuple(replace(each, cause=public_text(each.cause)) for each in rebuild_queue.parked(_MOST_PARKED)),
        verification=verifications.last(),
    )


def _incomplete(attempts: Sequence[ImportAttempt]) -> tuple[IncompleteImports, ...]:
    groups: defaultdict[tuple[NotImported, ...], list[ImportAttempt]] = defaultdict(list)
    for attempt in attempts:
        groups[attempt.not_imported].append(attempt)
    return tuple(IncompleteImports(group, tuple(same)) for group, same in groups.items() if group)


def _public(attempt: ImportAttempt) -> ImportAttempt:
    reason = public_text(attempt.reason) if attempt.reason else None
    groups = tuple(
        NotImported(public_text(group.reason), tuple(map(public_text, group.variables)))
        for group in attempt.not_imported
    )
    return replace(attempt, file_name=public_text(attempt.file_name), reason=reason, not_imported=groups)


def public_text(text: str) -> str:
    """The text without servers, and with only the last part of each address and path."""
    text = _ADDRESS.sub(lambda match: _last(re.split(r"[?#]", match[0].partition("://")[2])[0], "/"), text)
    text = _FOLDERS.sub(lambda match: _last(match[0], r"[/\\]"), text)
    return _SERVER.sub("…", text)


def _last(path: str, separator: str) -> str:
    *folders, name = re.split(separator, path)
    return f"…/{name}" if folders and name else "…"
