"""Lists of missions: which index answers one, and no more of it than the answer needs.

Each filter has an index for each order, and some pairs have one (`indexes`). Of several the one with the fewest
matches is taken, and which one that is is counted each time: by keys alone, up to where the first of them ends.
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
# A count reads a key in a quarter of a microsecond, so the first round costs as much as asking at all; each further
# one costs a multiple of it, and the list itself at least as much as the last.
_FIRST_COUNTED = 1000
_GROWTH = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for: `filters` by the keys of MISSION_FILTERS.

    `since` and `until` bound the span of the data; `within` is met by boxes of missions that share a point with it.
    Simulated missions are left out unless asked for.
    """

    filters: Mapping[str, Any]
    since: datetime | None = None
    until: datetime | None = None
    simulated: bool = False
    within: Bbox | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """An index, and what of the query bounds it."""

    index: str
    bounds: Document
    # Whether what it gives is in the order of the list; else all of it has to be read and sorted.
    ordered: bool = True


def page(wanted: Wanted, sort: str, limit: int, after: tuple[Any, str] | None = None) -> list[Mission]:
    """At most `limit` missions in the order of a key of MISSION_SORTS, after (value, id) of the last one before."""
    ends = _ends(wanted)
    way = _best(wanted, ends, _ways(wanted, ends, sort))
    if way is None:
        return []
    query = _query(wanted, ends)
    found = keyset.read(mongo.db.missions, query, MISSION_SORTS[sort], after, limit, way.index)
    return [mission_from_document(doc) for doc in found]


def count(wanted: Wanted, most: int) -> int:
    """How many missions match, as `page` would list them, counted up to `most`."""
    ends = _ends(wanted)
    way = _best(wanted, ends, _ways(wanted, ends, "newest"))
    if way is None:
        return 0
    if wanted.until is None:
        return _count(_query(wanted, ends), way.index, most)
    # What ended before has begun before, too: keys alone tell. Of the others, see `_ends`, documents are read.
    over = _count(_query(replace(wanted, until=None), {**ends, "$lt": wanted.until}), way.index, most)
    if over == most:
        return most
    since = max(wanted.until, wanted.since) if wanted.since else wanted.until
    return over + _count(_query(wanted, {**ends, "$gte": since}), way.index, most - over)


def _ways(wanted: Wanted, ends: Document, sort: str) -> list[_Way]:
    """The indexes that may answer, those in the order of the list first."""
    path = MISSION_SORTS[sort][0]
    order = next(name for name, (of, direction) in MISSION_SORTS.items() if of == path and direction < 0)
    pairs = [pair for pair in MISSION_PAIRS if wanted.filters.keys() >= set(pair)]
    paired = {name for pair in pairs for name in pair}
    singles: list[tuple[str, ...]] = [(name,) for name in wanted.filters]
    if order == "newest":
        # A pair matches no more than either of its two.
        chosen = [*pairs, *(names for names in singles if names[0] not in paired)] or [()]
        return [_way(names, order, wanted, ends) for names in chosen]
    ways = [_way(names, order, wanted, {}) for names in singles or [()]]
    if ends:
        ways += [_way(names, "newest", wanted, ends, ordered=False) for names in [*pairs, *singles] or [()]]
    return ways


def _way(names: Sequence[str], order: str, wanted: Wanted, ends: Document, ordered: bool = True) -> _Way:
    filters = {name: wanted.filters[name] for name in names}
    bounds = _query(Wanted(filters, simulated=wanted.simulated), ends)
    return _Way("_".join((*names, order, "first")), bounds, ordered)


def _best(wanted: Wanted, ends: Document, ways: Sequence[_Way]) -> _Way | None:
    """The way with the fewest matches; None when one has none."""
    boxed = _Way(BOXED, _query(replace(wanted, filters={}, until=None), ends))
    by_end = ways[0].index.endswith("newest_first")
    if wanted.within is not None and by_end and not wanted.filters:
        # Its keys hold the boxes, so that only missions that are shown are read.
        return boxed
    if len(ways) == 1 and (wanted.within is None or not by_end):
        return ways[0]
    most = _FIRST_COUNTED
    while True:
        counts = [_count(way.bounds, way.index, most) for way in ways]
        fewest = min(counts)
        if not fewest:
            return None
        if fewest < most:
            break
        most *= _GROWTH
    if by_end and wanted.within is not None and fewest >= _FIRST_COUNTED:
        # To count boxes, all keys of the span may have to be read: only where that may save as many documents.
        return boxed if _count(boxed.bounds, BOXED, fewest) < fewest else ways[counts.index(fewest)]
    ordered = [number if way.ordered else None for way, number in zip(ways, counts, strict=True)]
    fewest_ordered = min(number for number in ordered if number is not None)
    # What has to be sorted is read whole, what is in order only as far as the page goes: a few less are no gain.
    return ways[ordered.index(fewest_ordered) if fewest_ordered < 2 * fewest else counts.index(fewest)]


def _count(query: Document, index: str, most: int) -> int:
    options: Document = {"query": query, "hint": index, "limit": most, "maxTimeMS": keyset.TIMEOUT_MS}
    # Of the two ways to count this is the one that reads nothing but keys and hands none of them on.
    return int(mongo.db.command("count", "missions", read_preference=mongo.db.read_preference, **options)["n"])


def _query(wanted: Wanted, ends: Document) -> Document:
    query: Document = {MISSION_FILTERS[name]: value for name, value in wanted.filters.items()}
    # Named even where both are wanted: the indexes begin with it.
    query["simulated"] = {"$in": [False, True]} if wanted.simulated else False
    if ends:
        query[_NEWEST] = ends
    if wanted.until is not None:
        query["figures.start_at"] = {"$lt": wanted.until}
    return query | (_meeting(wanted.within) if wanted.within is not None else {})


def _ends(wanted: Wanted) -> Document:
    """Between which moments the data of what matches end: that bounds indexes."""
    ends = {} if wanted.since is None else {"$gte": wanted.since}
    if wanted.until is not None:
        # No mission that began before ends later than the longest one could.
        ends["$lt"] = wanted.until + _longest(wanted.simulated)
    return ends


def _longest(simulated: bool) -> timedelta:
    """How long the longest of all missions was under way, and a second for rounding."""
    path = MISSION_SORTS["longest"]
    kinds = _query(Wanted({}, simulated=simulated), {})
    found = keyset.read(mongo.db.missions, kinds, path, None, 1, "longest_first")
    return timedelta(seconds=found[0]["order"]["duration_s"] + 1 if found else 1)


def _meeting(box: Bbox) -> Document:
    """What is asked of `extent`. Either box may cross 180 degrees: theirs ends beyond it, ours is moved by a turn."""
    west, south, east, north = box
    if east < west:
        east += 360.0
    turns = [{"extent.west": {"$lte": east + turn}, "extent.east": {"$gte": west + turn}} for turn in (-360, 0, 360)]
    return {"extent.south": {"$lte": north}, "extent.north": {"$gte": south}, "$or": turns}
