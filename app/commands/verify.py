"""`halocline verify`: one line a difference and a summary, as text or JSON; the exit status."""

import os
import sys

import orjson
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from app import extensions
from app.commands import output
from app.config import Settings
from app.errors import NotFound
from app.ingest.interpret import identity
from app.ingest.verify import repair as repairing
from app.ingest.verify import verification
from app.ingest.verify.verification import Result
from app.store import connection, indexes, verification_reads, verifications

# A mission of a year is read in one query: the deadline of a page request is too short.
_STORE_TIMEOUT_MS = 60_000
# Other processes on the machine have priority.
_NICENESS = 10


def verify(settings: Settings, mission: str | None, sections: bool, repair: bool, pace: float, as_json: bool) -> int:
    """Compare and print the differences: 0 without any, 1 with some, even if they were repaired.

    The result for the whole store is recorded. Raises NotFound, Unavailable when the store is unreachable, and
    RunFailed when it refuses.
    """
    os.nice(_NICENESS)
    names = identity.platform_names(settings.platforms_file) if repair else {}
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        # Before the indexes, which would create the database.
        if verification_reads.is_empty():
            raise NotFound(f"the database {settings.mongodb_database} is empty: check MONGODB_DATABASE")
        indexes.ensure(extensions.mongo.db)
        result = _run(mission, sections, pace)
        if mission is None:
            verifications.note(result.counts)
        _print(result, as_json)
        if repair and result.differences:
            repaired, failed = repairing.repair(result.differences, verification.basin_map(), names)
            text = f"{repaired} of {len(result.differences)} differences can be rebuilt and were marked"
            sys.stderr.write(f"halocline: {text}{'; failed: ' + ', '.join(failed) if failed else ''}\n")
        return 1 if result.differences else 0


def _run(mission: str | None, sections: bool, pace: float) -> Result:
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed} missions"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Verifying", total=None)
        return verification.verify(mission, sections, pace, lambda count: bar.update(task, completed=count))


def _print(result: Result, as_json: bool) -> None:
    output.escape_unencodable()
    for difference in result.differences:
        text = orjson.dumps(difference.as_json()).decode() if as_json else difference.line()
        sys.stdout.write(f"{text}\n")
    summary = verification.described(result.counts)
    sys.stdout.write(f"{orjson.dumps(summary).decode() if as_json else _line(summary)}\n")
    sys.stdout.flush()


def _line(summary: dict[str, float]) -> str:
    count = summary["differences"]
    skipped = f", {summary['skipped']} scopes are pending a rebuild" if summary["skipped"] else ""
    return (
        f"{summary['missions']} missions, {summary['profiles']} profiles and {summary['totals']} totals compared in "
        f"{summary['seconds']:.1f} s{skipped}: {count or 'no'} difference{'' if count == 1 else 's'}"
    )
