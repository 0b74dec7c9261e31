"""The lines and JSON objects that `halocline backup` and `halocline restore` print."""

import sys
from typing import Any

import orjson

from app.backup.manifest import Manifest

_MB = 1_000_000


def fields(backup: Manifest) -> dict[str, Any]:
    """The fields of a complete backup."""
    return {
        "kind": "backup",
        "name": backup.name,
        "consistent_at": backup.consistent_at,
        "version": backup.version,
        "documents": backup.documents,
        "parts": len(backup.parts) + len(backup.changes),
        "bytes": backup.stored_bytes,
    }


def line(backup: Manifest) -> str:
    """A complete backup on one line."""
    return (
        f"{backup.name}: as of {backup.consistent_at:%Y-%m-%dT%H:%M:%SZ}, {backup.documents} documents in "
        f"{len(backup.parts) + len(backup.changes)} parts, {size(backup.stored_bytes)}"
    )


def size(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / _MB:.1f} MB"


def write(fields: dict[str, Any], line: str, as_json: bool) -> None:
    """Print a result."""
    text = orjson.dumps(fields, option=orjson.OPT_UTC_Z).decode() if as_json else line
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
