"""`halocline verify --originals`: one line or JSON object for each difference, and a summary; the exit status."""

import os
import sys
from typing import Any

import orjson

from app.commands import output
from app.config import Settings
from app.domain.audit import Actor
from app.ingest import context
from app.ingest.corrections import original_check
from app.ingest.corrections.original_check import Checked
from app.ingest.derive import rebuild
from app.ingest.importer import NotRebuilt
from app.ingest.interpret.identity import Options
from app.ingest.persist import commit
from app.store import connection

# A mission of a year is read in one query.
_STORE_TIMEOUT_MS = 60_000
# Other processes on the machine have priority.
_NICENESS = 10
# A mission that differs may differ in each of its profiles.
_MOST_SHOWN = 20


def verify(settings: Settings, mission: str | None, repairer: Actor | None, as_json: bool) -> int:
    """Compare missions with their originals: 0 without differences, 1 with some, even if they were repaired.

    Raises NotFound, Conflict, Unavailable and RunFailed.
    """
    os.nice(_NICENESS)
    output.escape_unencodable()
    tools = context.import_context(settings, Options())
    results: list[Checked] = []
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        with tools.reader:
            for name in original_check.names(mission):
                result = original_check.check(name, tools, repairer)
                _print(result, as_json)
                results.append(result)
        failed: list[str] = []
        if repairer is not None:
            failed = rebuild.rebuild(tools.basin_map)
            commit.sweep()
    _write(_counts(results), _summary(results), as_json)
    if failed:
        raise NotRebuilt(failed)
    return 1 if any(result.differences for result in results) else 0


def _print(result: Checked, as_json: bool) -> None:
    if result.skipped is not None:
        fields = {"kind": "skipped", "mission": result.name, "reason": result.skipped}
        _write(fields, f"mission {result.name}: skipped: {result.skipped}", as_json)
    for difference in result.differences[:_MOST_SHOWN]:
        _write({**difference.as_json(), "repairable": True}, difference.line(), as_json)
    if (more := len(result.differences) - _MOST_SHOWN) > 0:
        _write(
            {"kind": "more", "mission": result.name, "differences": more},
            f"mission {result.name}: {more} more",
            as_json,
        )


def _counts(results: list[Checked]) -> dict[str, Any]:
    return {
        "kind": "summary",
        "missions": sum(result.skipped is None for result in results),
        "skipped": sum(result.skipped is not None for result in results),
        "differing": sum(bool(result.differences) for result in results),
        "repaired": sum(result.is_repaired for result in results),
    }


def _summary(results: list[Checked]) -> str:
    counts = _counts(results)
    return (
        f"{counts['missions']} missions compared with their originals, {counts['skipped']} skipped: "
        f"{counts['differing'] or 'none'} {'differ' if counts['differing'] != 1 else 'differs'}, "
        f"{counts['repaired']} repaired"
    )


def _write(fields: dict[str, Any], text: str, as_json: bool) -> None:
    sys.stdout.write(f"{orjson.dumps(fields).decode() if as_json else text}\n")
    sys.stdout.flush()
