"""Lists of missions: choose the index that reads the fewest documents, and read one page by it (ADR 11).

Each filter has an index for each order, and some pairs of filters have one (`indexes`). If several can answer, the one
with the fewest matches is used. Each request counts the matches: by index keys alone, and only up to the smallest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.domain.records import Bbox, Mission
from app.extensions import mongo
from app.store import keyset
from app.store.documents import mission_from_document
from app.store.indexes import BOXED, MISSION_FILTERS, MISSION_PAIRS, MISSION_SORTS

Document = dict[str, Any]

_NEWEST = "figures.end_at"
# A count reads a key in a quarter of a microsecond, so the first round costs about as much as one round trip. Each
# further round costs a multiple of it, and reading the list at least as much as the last round.
_FIRST_COUNTED = 1000
_GROWTH = 8


@dataclass(frozen=True, slots=True)
class Criteria:
    """Criteria of a list. `filters` has keys of MISSION_FILTERS; a tuple matches each of its values.

    `since` and `until` bound the span of the data; `within` selects missions whose box intersects it. Simulated
    missions are excluded unless `simulated`.
    """

    filters: Mapping[str, Any]
    since: datetime | None = None
    until: datetime | None = None
    simulated: bool = False
    within: Bbox | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """A candidate index, and the part of the query that bounds its scan."""

    index: str
    bounds: Document
    # True if the index is in the order of the list; otherwise all matches are read and sorted.
    ordered: bool = True


def page(criteria: Criteria, sort: str, limit: int, after: tuple[Any, str] | None = None) -> list[Mission]:
    """At most `limit` missions in the order of a key of MISSION_SORTS, after (value, id) of the previous page."""
    end_bounds = _end_bounds(criteria)
    plan = _cheapest(criteria, end_bounds, _plans(criteria, end_bounds, sort))
    if plan is None:
        return []
    query = _query(criteria, end_bounds)
    documents = keyset.read(mongo.db.missions, query, MISSION_SORTS[sort], after, limit, plan.index)
    return [mission_from_document(doc) for doc in documents]


def count(criteria: Criteria, most: int) -> int:
    """The number of missions that `page` would list, counted up to `most`."""
    end_bounds = _end_bounds(criteria)
    plan = _cheapest(criteria, end_bounds, _plans(criteria, end_bounds, "newest"))
    if plan is None:
        return 0
    if criteria.until is None:
        return _count(_query(criteria, end_bounds), plan.index, most)
    # A mission that ended before `until` also began before it, so index keys suffice. The others need documents.
    ended = _count(_query(replace(criteria, until=None), {**end_bounds, "$lt": criteria.until}), plan.index, most)
    if ended == most:
        return most
    since = max(criteria.until, criteria.since) if criteria.since else criteria.until
    return ended + _count(_query(criteria, {**end_bounds, "$gte": since}), plan.index, most - ended)


def _plans(criteria: Criteria, end_bounds: Document, sort: str) -> list[_Plan]:
    """The candidate indexes, those in the order of the list first."""
    path = MISSION_SORTS[sort][0]
    order = next(name for name, (of, direction) in MISSION_SORTS.items() if of == path and direction < 0)
    pairs = [pair for pair in MISSION_PAIRS if criteria.filters.keys() >= set(pair)]
    paired = {name for pair in pairs for name in pair}
    singles: list[tuple[str, ...]] = [(name,) for name in criteria.filters]
    if order == "newest":
        # A pair matches no more than either of its filters.
        chosen = [*pairs, *(names for names in singles if names[0] not in paired)] or [()]
        return [_plan(names, order, criteria, end_bounds) for names in chosen]
    plans = [_plan(names, order, criteria, {}) for names in singles or [()]]
    if end_bounds:
        plans += [_plan(names, "newest", criteria, end_bounds, ordered=False) for names in [*pairs, *singles] or [()]]
    return plans


def _plan(names: Sequence[str], order: str, criteria: Criteria, end_bounds: Document, ordered: bool = True) -> _Plan:
    filters = {name: criteria.filters[name] for name in names}
    bounds = _query(Criteria(filters, simulated=criteria.simulated), end_bounds)
    return _Plan("_".join((*names, order, "first")), bounds, ordered)


def _cheapest(criteria: Criteria, end_bounds: Document, plans: Sequence[_Plan]) -> _Plan | None:
    """The plan with the fewest matches; None if a plan has none, so that the list is empty."""
    boxed = _Plan(BOXED, _query(replace(criteria, filters={}, until=None), end_bounds))
    by_end = plans[0].index.endswith("newest_first")
    if criteria.within is not None and by_end and not criteria.filters:
        # Its keys contain the boxes, so only matching missions are read.
        return boxed
    if len(plans) == 1 and (criteria.within is None or not by_end):
        return plans[0]
    most = _FIRST_COUNTED
    while True:
        counts = [_count(plan.bounds, plan.index, most) for plan in plans]
        fewest = min(counts)
        if not fewest:
            return None
        if fewest < most:
            break
        most *= _GROWTH
    if by_end and criteria.within is not None and fewest >= _FIRST_COUNTED:
        # Counting boxes may read all keys of the span: worth it only where it may save as many documents.
        return boxed if _count(boxed.bounds, BOXED, fewest) < fewest else plans[counts.index(fewest)]
    ordered = [number if plan.ordered else None for plan, number in zip(plans, counts, strict=True)]
    fewest_ordered = min(number for number in ordered if number is not None)
    # An unordered plan reads all its matches, an ordered one only a page: a slightly smaller count is no gain.
    return plans[ordered.index(fewest_ordered) if fewest_ordered < 2 * fewest else counts.index(fewest)]


def _count(query: Document, index: str, most: int) -> int:
    options: Document = {"query": query, "hint": index, "limit": most, "maxTimeMS": keyset.TIMEOUT_MS}
    # Unlike an aggregation, this command reads only index keys and returns no documents.
    return int(mongo.db.command("count", "missions", read_preference=mongo.db.read_preference, **options)["n"])


def _query(criteria: Criteria, end_bounds: Document) -> Document:
    query: Document = {
        MISSION_FILTERS[name]: {"$in": list(value)} if isinstance(value, tuple) else value
        for name, value in criteria.filters.items()
    }
    # Also when both values match: the indexes begin with this field.
    query["simulated"] = {"$in": [False, True]} if criteria.simulated else False
    if end_bounds:
        query[_NEWEST] = end_bounds
    if criteria.until is not None:
        query["figures.start_at"] = {"$lt": criteria.until}
    return query | (_intersecting(criteria.within) if criteria.within is not None else {})


def _end_bounds(criteria: Criteria) -> Document:
    """Bounds of the end of the data of matching missions, which bound the scan of an index."""
    end_bounds = {} if criteria.since is None else {"$gte": criteria.since}
    if criteria.until is not None:
        # No mission that began before `until` ends later than the longest mission could.
        end_bounds["$lt"] = criteria.until + _longest(criteria.simulated)
    return end_bounds


def _longest(simulated: bool) -> timedelta:
    """The duration of the longest mission, plus a second for rounding."""
    path = MISSION_SORTS["longest"]
    kinds = _query(Criteria({}, simulated=simulated), {})
    longest = keyset.read(mongo.db.missions, kinds, path, None, 1, "longest_first")
    return timedelta(seconds=longest[0]["order"]["duration_s"] + 1 if longest else 1)


def _intersecting(box: Bbox) -> Document:
    """The query for `extent`. Boxes may cross 180 degrees: stored ones end beyond it, `box` is shifted by 360."""
    west, south, east, north = box
    if east < west:
        east += 360.0
    turns = [{"extent.west": {"$lte": east + turn}, "extent.east": {"$gte": west + turn}} for turn in (-360, 0, 360)]
    return {"extent.south": {"$lte": north}, "extent.north": {"$gte": south}, "$or": turns}
