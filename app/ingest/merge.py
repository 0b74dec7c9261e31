"""One mission that was imported under two names: its files are imported again under one of them.

Killed at any point and run again, it continues: imports are idempotent, and the other mission is removed last, in one
transaction, and only if the remaining one covers its data.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pymongo.client_session import ClientSession

from app import events
from app.domain.mission_overlap import WARNING
from app.domain.records import MODE_RANK, Finding, Mission
from app.errors import Invalid, NotFound
from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.derive import rebuild
from app.ingest.importer import NotRebuilt
from app.ingest.interpret.identity import Options
from app.ingest.interpret.replacement_rules import covers
from app.ingest.persist import file_parts, mission_match, mission_removal
from app.ingest.persist.mapping import remainder_of
from app.ingest.refusals import Refused
from app.ingest.reports import Report
from app.store import audit, missions, original_files, profiles, rebuild_queue, snapshots, transactions

# The stored mission has precedence over a file of the merged one. `_remove` checks that it lacks nothing.
_SUPERSEDED = ("lower_mode", "not_newer")


@dataclass(frozen=True, slots=True)
class Plan:
    """A merge of `source` into `target`: the digests of the files to import again, oldest data first."""

    source: Mission
    target: Mission
    digests: tuple[str, ...]


def plan(source: str, target: str) -> Plan:
    """The merge of two missions, `platform/mission` each. Raises NotFound, and Invalid for what cannot be merged."""
    if source == target:
        raise Invalid("target", "must be another mission")
    merged, into = _mission(source), _mission(target)
    if merged.simulated or into.simulated:
        raise Invalid("source", "simulated missions are not merged")
    if "sailbuoy" in (merged.kind, into.kind):
        raise Invalid("source", "the missions of a sailbuoy are divided by its logs")
    with snapshots.begin() as session:
        documents = profiles.of_version(merged.platform, merged.mission, merged.version, session)
        stored = missions.document(merged.platform, merged.mission, session)
    of_profiles = [doc["sha256"] for doc in documents]
    of_parts = file_parts.digests(stored) if stored else []
    return Plan(merged, into, tuple(dict.fromkeys([*of_parts, *of_profiles, merged.source.sha256])))


def merge(merging: Plan, tools: ImportContext) -> Iterator[Report]:
    """Import the files of the source as the target's, then remove the source; the report of each file.

    Raises Refused, and leaves both missions, if a file is refused or the target does not cover the source then;
    NotRebuilt and pymongo's errors like an import.
    """
    source, target = merging.source, merging.target
    # The mode of a whole mission may come from the caller or from the server of its file; profiles have their own.
    mode = source.data_mode if source.source.scope == "mission" else None
    own = replace(tools, options=Options(target.platform, target.mission, mode), merging=source.id)
    for report in importer.real(_originals(merging.digests), own):
        yield report
        if report.outcome == "refused" and report.reason_code not in _SUPERSEDED:
            raise Refused(str(report.reason_code), f"{source.id} is not merged: {report.reason}")
    number = transactions.run(lambda session: _remove(merging, tools, session))
    events.announce(number)
    if failed := rebuild.rebuild(tools.basin_map):
        raise NotRebuilt(failed)


def _mission(name: str) -> Mission:
    platform, _, mission = name.partition("/")
    record = missions.find(platform.lower(), mission)
    if record is None:
        raise NotFound(f"there is no mission {name}")
    return record


def _originals(digests: Iterable[str]) -> Iterator[Path]:
    """Each original as a temporary file, which is deleted before the next one is written."""
    for digest in digests:
        with tempfile.TemporaryDirectory(prefix="halocline-") as folder:
            yield _original(digest, Path(folder))


def _original(digest: str, folder: Path) -> Path:
    try:
        return original_files.write(digest, folder)
    except LookupError as error:
        raise Refused("not_found", f"the original file {digest[:16]}… is not stored") from error


def _lack(remaining: Mission, removed: Mission) -> str | None:
    """What the remaining mission lacks of the removed one; None if it covers it."""
    absent = {variable.name for variable in removed.variables} - {variable.name for variable in remaining.variables}
    if not covers(remaining.figures, removed.figures):
        return "a part of its time"
    if MODE_RANK[remaining.data_mode] < MODE_RANK[removed.data_mode]:
        return f"its data mode {removed.data_mode}"
    for name in ("samples", "profiles"):
        if getattr(remaining.figures, name) < getattr(removed.figures, name):
            return f"{name}: {getattr(remaining.figures, name)} of {getattr(removed.figures, name)}"
    return f"the variables {', '.join(sorted(absent))}" if absent else None


def _remove(merging: Plan, tools: ImportContext, session: ClientSession) -> int:
    """Remove the source in the session's transaction; the number of the change."""
    source, target = merging.source, merging.target
    remaining = missions.document(target.platform, target.mission, session)
    record = missions.find(target.platform, target.mission, session)
    if remaining is None or record is None:
        raise NotFound(f"there is no mission {target.id}")
    if lack := _lack(record, source):
        raise Refused("part_of_mission", f"{target.id} does not cover the data of {source.id}: {lack}")
    if not missions.remove(source.platform, source.mission, source.version, session):
        raise Refused("changed_while_reading", f"{source.id} was replaced meanwhile: merge it again")
    count = mission_match.others_near(record, tools.names, source.id)
    others = [warning for warning in record.warnings if warning.code != WARNING]
    warnings = sorted([*others, *([Finding(WARNING, count)] if count else [])], key=lambda warning: warning.code)
    of_file = {code: n for code, n in remainder_of(remaining).warnings.items() if code != WARNING}
    of_file |= {WARNING: count} if count else {}
    missions.set_warnings(target.platform, target.mission, warnings, of_file, session)
    number = mission_removal.forget(source.platform, source.mission, source.version, tools.names, session)
    rebuild_queue.mark((f"updates:{target.platform}", *rebuild_queue.sums_of([source.platform])), number, session)
    if tools.terms.actor is not None:
        detail = f"into {target.id}"
        audit.append(tools.terms.actor, "merge", source.id, "done", datetime.now(UTC), detail=detail, session=session)
    return number
