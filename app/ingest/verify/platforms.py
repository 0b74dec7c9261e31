"""One platform: its sums, its news, how it is found, its part in the totals, and what belongs to no mission of it."""

from collections.abc import Iterator
from typing import Any

from pymongo.client_session import ClientSession

from app.domain import lifecycle
from app.ingest.derive import search_index, totals
from app.ingest.interpret.identity import PlatformName
from app.ingest.persist import platform_summary
from app.ingest.persist.mapping import mission_of
from app.ingest.verify.comparison import MISSING, Difference, Remedy, keyed
from app.ingest.verify.missions import Scope, Tally
from app.store import verification_reads
from app.store.documents import (
    platform_from_document,
    platform_to_document,
    subtotal_to_document,
    update_from_document,
    update_to_document,
)

Document = dict[str, Any]
# They come from the operator's file, too, which another process may have in another state.
_NAMES = ("serial", "serial_key", "kind", "name", "model", "operator")


def compared(platform: str, scope: Scope, tally: Tally, session: ClientSession) -> Iterator[Difference]:
    """The differences of a platform, as of the session's moment."""
    documents = verification_reads.missions(platform, session)
    found = [mission_of(doc) for doc in documents]
    stored = verification_reads.one("platforms", platform, session)
    waiting = verification_reads.pending([f"updates:{platform}", f"subtotals:{platform}"], session)
    tally.waiting += len(waiting)
    expected: dict[str, Document] = {}
    if found:
        whole = platform_to_document(platform_summary.summed(found, PlatformName()))
        expected[platform] = {name: value for name, value in whole.items() if name not in _NAMES}
        if stored is not None:
            expected[platform]["serial_key"] = stored["serial"].lower()
    yield from keyed("platform", {platform: stored} if stored else {}, expected, ("platform", platform))
    if f"updates:{platform}" not in waiting:
        remedy: Remedy = ("rebuild", f"updates:{platform}")
        news = {doc["_id"]: doc for doc in verification_reads.of_platform("updates", platform, session)}
        before = [update_from_document(doc) for doc in news.values()]
        learned = {update.id: update.learned_at for update in before if update.learned_at is not None}
        again = [update_to_document(update) for update in lifecycle.updates(found, learned)]
        yield from keyed("update", news, {doc["_id"]: doc for doc in again}, remedy)
        owner = platform_from_document(stored) if stored else None
        entries = {doc["_id"]: doc for doc in verification_reads.of_platform("search", platform, session)}
        wanted = {doc["_id"]: doc for doc in search_index.entries(owner, found)}
        yield from keyed("search", entries, wanted, remedy)
    if f"subtotals:{platform}" not in waiting:
        parts = {
            doc["_id"]: doc for doc in verification_reads.of_platform("subtotals", platform, session) if doc["missions"]
        }
        sums = totals.subtotals(doc for doc in reversed(documents) if not doc["simulated"])
        again_parts = {doc["_id"]: doc for doc in map(subtotal_to_document, sums)}
        yield from keyed("subtotal", parts, again_parts, ("rebuild", f"subtotals:{platform}"), ("rebuild", "totals"))
    yield from _orphans(platform, {doc["mission"]: doc["version"] for doc in documents}, scope, session)


def _orphans(platform: str, current: dict[str, str], scope: Scope, session: ClientSession) -> Iterator[Difference]:
    """What is there of missions that are not, and versions that are neither shown, announced nor to be swept."""
    there = {name: verification_reads.names(name, platform, session) for name in verification_reads.OF_MISSION}
    for mission in sorted(there["tracks"] - current.keys()):
        key = f"{platform}/{mission}"
        yield Difference(f"track {key}", "document", "there", "no such mission", (("track", key),))
    for mission in sorted(there["sections"] - current.keys()):
        key = f"{platform}/{mission}"
        if not verification_reads.pending([f"sections:{key}"], session):
            remedy: Remedy = ("rebuild", f"sections:{key}")
            yield Difference(f"sections {key}", "documents", "there", "no such mission", (remedy,))
    for mission in sorted(there["profiles"] | there["samples"]):
        left = verification_reads.retired(platform, mission, session) | {current.get(mission, "")}
        for name in ("profiles", "samples"):
            for version, count in sorted(verification_reads.versions(name, platform, mission, session).items()):
                if version not in left:
                    key = f"{platform}/{mission}/{version}"
                    yield Difference(f"version {key}", name, f"{count} documents", "nobody's", (("retire", key),))
    for mission in sorted(current.keys() - there["profiles"] - there["samples"]) if scope.has_profiles else ():
        yield Difference(f"mission {platform}/{mission}", "samples", MISSING, "some")
