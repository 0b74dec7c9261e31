"""Comparison of missions with their original files, which are read again, and repair of those that differ."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from app.domain import columns
from app.domain.audit import Actor
from app.domain.records import Mission
from app.errors import Conflict
from app.ingest import recomputation
from app.ingest.context import ImportContext
from app.ingest.corrections import mission_names
from app.ingest.interpret.import_terms import Terms
from app.ingest.interpret.mission_draft import Draft
from app.ingest.persist import commit, version_record
from app.ingest.persist.mapping import File, profile_documents, sample_documents
from app.ingest.refusals import Refused
from app.ingest.verify.comparison import MISSING, PRESENT, Difference, differences, keyed
from app.store import missions, profiles, samples, snapshots

Document = Mapping[str, Any]
_REASON = "differs from its original files"
# Fields of profiles that do not derive from their rows: for a mission in parts they name the file imported last.
_OF_IMPORT = ("sha256", "modified_ms")


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a mission. `skipped` is the reason why it was not compared."""

    name: str
    differences: tuple[Difference, ...] = ()
    skipped: str | None = None
    is_repaired: bool = False


def names(mission: str | None) -> list[str]:
    """The missions to compare: all, or the one that is named. Raises NotFound and Conflict."""
    if mission is not None:
        return [mission_names.stored(mission).id]
    return missions.ids()


def check(name: str, tools: ImportContext, repairer: Actor | None) -> Checked:
    """Compare a mission with its originals, and with a `repairer` store what they contain, if it differs.

    The caller has entered `tools.reader`. Raises pymongo's errors.
    """
    record = missions.find(*mission_names.parted(name))
    if record is None or record.simulated:
        return Checked(name, skipped="it is simulated, or was removed")
    if record.source.scope == "profiles":
        return Checked(name, skipped="its profiles came one by one")
    if not profiles.are_of_file(record.platform, record.mission, record.version, record.source.sha256):
        return Checked(name, skipped="a profile was added on its own")
    with tempfile.TemporaryDirectory(prefix="halocline-") as folder:
        try:
            draft, file = recomputation.draft_of(version_record.of(record), tools, Path(folder))
        except (Conflict, Refused) as error:
            return Checked(name, skipped=str(error))
        found = tuple(_differences(record, draft, file))
        if not found or repairer is None:
            return Checked(name, found)
        try:
            _repair(record, draft, file, tools, repairer)
        except commit.Superseded:
            return Checked(name, skipped="it was imported again meanwhile")
        return Checked(name, found, is_repaired=True)


def _differences(record: Mission, draft: Draft, file: File) -> Iterator[Difference]:
    where = f"mission {record.id}"
    stored: dict[str, Any] = {f"figures.{name}": value for name, value in asdict(record.figures).items()}
    recomputed = {f"figures.{name}": value for name, value in asdict(draft.summary.figures).items()}
    stored["variables"] = {each.name: each.unit for each in record.variables}
    recomputed["variables"] = {each.name: each.unit for each in draft.variables}
    yield from differences(where, stored, recomputed)
    key = (record.platform, record.mission, record.version)
    with snapshots.begin() as session:
        of_version = profiles.of_version(*key, session)
    stored_profiles = {doc["_id"]: _without(doc) for doc in of_version}
    expected = {doc["_id"]: _without(doc) for doc in profile_documents(draft, record.version, file)}
    yield from keyed("profile", stored_profiles, expected)
    digests = {str(doc["_id"]): _digest(doc) for doc in samples.of_version(*key)}
    for doc in sample_documents(draft, record.version, -1, len(draft.parts)):
        digest = digests.pop(doc["_id"], None)
        if digest is None:
            yield Difference(f"samples {doc['_id']}", "document", MISSING, PRESENT)
        elif digest != (expected_digest := _digest(doc)):
            yield Difference(f"samples {doc['_id']}", "digest of the values", digest[:16], expected_digest[:16])
    for sample_id in sorted(digests):
        yield Difference(f"samples {sample_id}", "document", PRESENT, MISSING)


def _without(profile: Document) -> dict[str, Any]:
    return {name: value for name, value in profile.items() if name not in _OF_IMPORT}


def _digest(sample: Document) -> str:
    """A digest of the values, not of their compressed form, which depends on the library."""
    digest = hashlib.sha256()
    for name, column in sorted(sample["columns"].items()):
        digest.update(f"{name} {column['unit']} {column['dtype']}\n".encode())
        digest.update(columns.decoded(column["data"], column["dtype"]).tobytes())
        digest.update(bytes(columns.flags_of(column, sample["count"]) or b""))
    return digest.hexdigest()


def _repair(record: Mission, draft: Draft, file: File, tools: ImportContext, repairer: Actor) -> None:
    """Replace the mission by its recomputed version, under another id, because readers may be reading the old one.

    Raises Superseded if the mission was imported again since it was read.
    """
    stored = missions.document(record.platform, record.mission) or {}
    natural = str(stored.get("natural_version", record.version))
    version = hashlib.sha256(f"{record.version}\nrepaired".encode()).hexdigest()[:20]
    terms = Terms(repairer, reason=_REASON, action="repair")
    compared = replace(draft, version=version, is_compared=True, base=record.version)
    commit.commit_draft(compared, file, tools.basin_map, tools.names, terms)
    # The same file is then unchanged, as before.
    missions.note_natural_version(record.platform, record.mission, version, natural)
