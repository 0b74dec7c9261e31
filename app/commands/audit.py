"""`halocline audit`: one line or JSON object for each entry of the audit log, newest first."""

import sys
from typing import Any

import orjson

from app.commands import output
from app.config import Settings
from app.domain.audit import AuditEntry
from app.domain.printable import one_line
from app.store import audit, connection

_STORE_TIMEOUT_MS = 10_000


def run(settings: Settings, target: str | None, limit: int, as_json: bool) -> int:
    """Print the newest entries, all or those of a target; 0. Raises Unavailable and RunFailed."""
    output.escape_unencodable()
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        for entry in audit.page(limit, target=target):
            text = orjson.dumps(_fields(entry), option=orjson.OPT_UTC_Z).decode() if as_json else line(entry)
            sys.stdout.write(f"{text}\n")
    return 0


def line(entry: AuditEntry) -> str:
    """The entry for people."""
    texts = [f"{entry.at:%Y-%m-%dT%H:%M:%SZ} {entry.actor.label}: {entry.action} {entry.target}, {entry.outcome}"]
    texts += [text for text in (entry.detail, f"reason: {entry.reason}" if entry.reason else None) if text]
    return one_line("; ".join(texts))


def _fields(entry: AuditEntry) -> dict[str, Any]:
    """The fields of `--json`, in their order."""
    return {
        "at": entry.at,
        "actor": {"kind": entry.actor.kind, "name": entry.actor.name},
        "action": entry.action,
        "target": entry.target,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "detail": entry.detail,
    }
