"""Documents about the whole store: totals, filter values of lists, basins in the search index, counters."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.client_session import ClientSession

from app.ingest.derive import search_index
from app.ingest.derive import totals as summing
from app.ingest.verify.comparison import Difference, differences, keyed
from app.ingest.verify.missions import Tally
from app.store import basins, counters, missions, verification_reads
from app.store.documents import totals_to_document

Document = dict[str, Any]
# Each import rebuilds pending scopes; a scope pending for a day fails each time, or no import has run.
_WAITING_FOR = timedelta(hours=24)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The store cuts lists of filter values at this length.
_VALUES = 2000


def compared(tally: Tally, session: ClientSession) -> Iterator[Difference]:
    """The differences of the documents about the whole store, in the session's snapshot."""
    if verification_reads.pending(["totals"], session):
        tally.waiting += 1
    else:
        stored = {doc["_id"]: doc for doc in verification_reads.totals(session)}
        tally.totals = len(stored)
        recomputed = {}
        for totals in summing.summed(missions.sums(session), _EPOCH):
            recomputed[totals.scope] = totals_to_document(totals)
            del recomputed[totals.scope]["computed_at"]
        for scope in sorted(stored.keys() | recomputed.keys()):
            one, other = ({key: doc[scope] for key in (scope,) if key in doc} for doc in (stored, recomputed))
            yield from keyed("totals", one, other, ("totals", scope))
        facets = verification_reads.one("facets", "missions", session) or {}
        expected = {name: values[:_VALUES] for name, values in verification_reads.facets(session).items()}
        if facets or any(expected.values()):
            yield from differences("facets", facets, expected, ("rebuild", "totals"))
    yield from _basins(session)
    yield from _counters(session)
    for scope, since in verification_reads.pending_before(datetime.now(UTC) - _WAITING_FOR, session):
        yield Difference(f"pending {scope}", "waiting since", since, "rebuilt", (("rebuild", scope),))


def _basins(session: ClientSession) -> Iterator[Difference]:
    current, indexed = (verification_reads.one("counters", key, session) or {} for key in ("basins", "search_basins"))
    if current.get("names") == indexed.get("digest"):
        names = {doc["_id"]: basins.names_of(doc) for doc in verification_reads.basins(session)}
        expected = {doc["_id"]: doc for doc in search_index.basin_entries(names)}
        yield from keyed("search", {doc["_id"]: doc for doc in verification_reads.basin_entries(session)}, expected)


def _counters(session: ClientSession) -> Iterator[Difference]:
    logged = verification_reads.outcomes(session)
    for outcome in counters.OUTCOMES:
        doc = verification_reads.one("counters", f"imports:{outcome}", session) or {"n": 0}
        yield from differences("counter imports", {outcome: int(doc["n"])}, {outcome: logged.get(outcome, 0)})
    last = verification_reads.last_change(session)
    counter = verification_reads.one("counters", "changes", session) or {"n": 0}
    # The log of changes is cut after an hour, the counter is not: it must not be below the last number.
    if int(counter["n"]) < last:
        yield Difference("counter changes", "n", int(counter["n"]), last)
