"""One platform: its sums, updates, search entries, subtotals, and documents that belong to none of its missions."""

from collections.abc import Iterator, Sequence
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.records import Mission
from app.ingest.derive import platform_reporting, search_index, totals
from app.ingest.interpret.identity import PlatformName
from app.ingest.persist import platform_summary
from app.ingest.persist.mapping import mission_of
from app.ingest.verify.comparison import MISSING, PRESENT, Difference, Remedy, differences, keyed
from app.ingest.verify.missions import Scope, Tally
from app.store import corrections, platform_aliases, verification_reads, withdrawals
from app.store.documents import (
    platform_from_document,
    platform_to_document,
    subtotal_to_document,
    update_from_document,
    update_to_document,
)

Document = dict[str, Any]
# They also derive from the operator's file, of which another process may use another version; or, for the interval of
# reports, from a track that may be older than the stored interval.
_NAMES = (
    *("serial", "serial_key", "kind", "name", "model", "operator"),
    *("reporting_interval_s", "reporting_interval_origin", "late_at", "silent_at"),
)
# Derived with the updates, and compared with them.
_END = ("ended_at", "over_from")


def compared(platform: str, scope: Scope, tally: Tally, session: ClientSession) -> Iterator[Difference]:
    """The differences of a platform in the session's snapshot."""
    documents = verification_reads.missions(platform, session)
    missions = [mission_of(doc) for doc in documents]
    stored = verification_reads.one("platforms", platform, session)
    waiting = verification_reads.pending([f"updates:{platform}", f"subtotals:{platform}"], session)
    tally.waiting += len(waiting)
    expected: dict[str, Document] = {}
    if missions:
        recomputed_platform = platform_to_document(platform_summary.summed(missions, PlatformName()))
        expected[platform] = {
            name: value for name, value in recomputed_platform.items() if name not in (*_NAMES, *_END)
        }
        if stored is not None:
            expected[platform]["serial_key"] = stored["serial"].lower()
    yield from keyed("platform", {platform: stored} if stored else {}, expected, ("platform", platform))
    if f"updates:{platform}" not in waiting:
        remedy: Remedy = ("rebuild", f"updates:{platform}")
        stored_updates = {doc["_id"]: doc for doc in verification_reads.of_platform("updates", platform, session)}
        before = [update_from_document(doc) for doc in stored_updates.values()]
        owner = platform_from_document(stored) if stored else None
        corrected = corrections.of_platform(platform, session)
        owner, news = platform_reporting.updates(owner, missions, before, corrected)
        recomputed = [update_to_document(update) for update in news]
        yield from keyed("update", stored_updates, {doc["_id"]: doc for doc in recomputed}, remedy)
        if stored and owner:
            end = {name: platform_to_document(owner)[name] for name in _END}
            yield from differences(f"platform {platform}", stored, end, remedy)
        entries = {doc["_id"]: doc for doc in verification_reads.of_platform("search", platform, session)}
        former = platform_aliases.former_ids([platform], session).get(platform, [])
        expected_entries = {doc["_id"]: doc for doc in search_index.entries(owner, missions, former)}
        yield from keyed("search", entries, expected_entries, remedy)
    if f"subtotals:{platform}" not in waiting:
        stored_subtotals = {
            doc["_id"]: doc for doc in verification_reads.of_platform("subtotals", platform, session) if doc["missions"]
        }
        sums = totals.subtotals(doc for doc in reversed(documents) if not doc["simulated"])
        expected_subtotals = {doc["_id"]: doc for doc in map(subtotal_to_document, sums)}
        remedies: list[Remedy] = [("rebuild", f"subtotals:{platform}"), ("rebuild", "totals")]
        yield from keyed("subtotal", stored_subtotals, expected_subtotals, *remedies)
    yield from _overlaps(missions, stored, session)
    yield from _orphans(platform, {doc["mission"]: doc["version"] for doc in documents}, scope, session)


def _overlaps(missions: Sequence[Mission], stored: Document | None, session: ClientSession) -> Iterator[Difference]:
    """Missions of the vehicle at the same time: one mission was imported under two names.

    Platforms that share a WMO id are one vehicle; the first of them reports.
    """
    real = [mission for mission in missions if not mission.simulated]
    akin = verification_reads.platforms_after(real[0].platform, stored["wmo_id"], session) if real and stored else []
    for other in akin:
        real += [mission_of(doc) for doc in verification_reads.missions(other, session) if not doc["simulated"]]
    latest: Mission | None = None
    for mission in sorted(real, key=lambda mission: (mission.figures.start_at, mission.id)):
        if latest is not None and mission.figures.start_at < latest.figures.end_at:
            is_own = missions[0].platform in (mission.platform, latest.platform)
            if is_own:
                yield Difference(f"mission {mission.id}", "mission at the same time", latest.id, MISSING)
        if latest is None or mission.figures.end_at > latest.figures.end_at:
            latest = mission


def _orphans(platform: str, current: dict[str, str], scope: Scope, session: ClientSession) -> Iterator[Difference]:
    """Documents of missions that do not exist, and versions that are not current, announced, retired or withdrawn."""
    stored = {name: verification_reads.names(name, platform, session) for name in verification_reads.OF_MISSION}
    for mission in sorted(stored["tracks"] - current.keys()):
        key = f"{platform}/{mission}"
        yield Difference(f"track {key}", "document", PRESENT, "no such mission", (("track", key),))
    for mission in sorted(stored["sections"] - current.keys()):
        key = f"{platform}/{mission}"
        if not verification_reads.pending([f"sections:{key}"], session):
            remedy: Remedy = ("rebuild", f"sections:{key}")
            yield Difference(f"sections {key}", "documents", PRESENT, "no such mission", (remedy,))
    withdrawn = {each.mission: each.version for each in withdrawals.of_platform(platform, session)}
    for mission in sorted(stored["profiles"] | stored["samples"]):
        valid_versions = verification_reads.retired(platform, mission, session)
        valid_versions |= {current.get(mission, ""), withdrawn.get(mission, "")}
        for name in ("profiles", "samples"):
            for version, count in sorted(verification_reads.versions(name, platform, mission, session).items()):
                if version not in valid_versions:
                    key = f"{platform}/{mission}/{version}"
                    yield Difference(
                        f"version {key}", name, f"{count} documents", "no such version", (("retire", key),)
                    )
    for mission in sorted(current.keys() - stored["profiles"] - stored["samples"]) if scope.has_profiles else ():
        yield Difference(f"mission {platform}/{mission}", "samples", MISSING, "some")
