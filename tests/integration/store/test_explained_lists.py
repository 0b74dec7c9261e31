"""The documents and keys that each list examines, measured by MongoDB's profiler in a store with rare values.

Common and rare values of different filters are combined, so that the use of a wrong index is visible.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import combinations, product
from typing import Any, get_args

import pytest
from pymongo.database import Database

from app.domain.records import BasinShare, Figures, Mission, Source, Variable
from app.queries import cursors, missions
from app.queries.missions import Sort
from app.store import documents, indexes, mission_lists
from tests.conftest import FirstContent

Document = dict[str, Any]
SORTS = get_args(Sort)
START = datetime(2010, 1, 1, tzinfo=UTC)
COUNT = 1000
LIMIT = 20
# Missions that are examined in addition to the page: one to detect a next page, one for the longest duration.
SPARE = 2
COMMON: Document = {
    "platform": "common",
    "kind": "glider",
    "data_mode": "D",
    "basin": "everywhere",
    "project": "Common",
    "variable": "temperature",
    "year": 2012,
}
RARE: Document = {
    "platform": "rare",
    "kind": "sailbuoy",
    "data_mode": "P",
    "basin": "nowhere-near",
    "project": "Rare",
    "variable": "nitrate",
    "year": 2017,
}
UNKNOWN: Document = {**dict.fromkeys(COMMON, "unknown"), "year": 1999}
# Additional keys of each index range: a range is read up to the first key of the next one.
_KEYS_OF_A_RANGE = 6
LONGEST = timedelta(days=30, seconds=1)
SPANS: list[Document] = [
    {"since": datetime(2017, 12, 1, tzinfo=UTC)},
    {"until": datetime(2010, 2, 1, tzinfo=UTC)},
    {"since": datetime(2012, 3, 1, tzinfo=UTC), "until": datetime(2012, 3, 20, tzinfo=UTC)},
]


def make_mission(n: int) -> Mission:
    """Return mission n of eight years: for each filter, one mission in about 50 has the rare value.

    Values repeat: a page ends among missions with equal values. Every 5th is simulated; the longest is 30 days.
    """
    start_at = START + timedelta(hours=n * 8 * 365 * 24 / COUNT)
    rare = {name: n % divisor == 0 for name, divisor in zip(COMMON, (37, 41, 43, 47, 53, 59), strict=False)}
    figures = Figures(
        samples=n,
        profiles=80,
        distance_m=float(n % 3),
        max_depth_m=None if n % 11 == 0 else float(n % 19),
        vertical_m=0.0,
        start_at=start_at,
        end_at=start_at + timedelta(days=(1, 5, 30)[n % 3]),
        bbox=None,
    )
    basins = [BasinShare("everywhere", "A basin", 0.6)]
    basins += [BasinShare("nowhere-near", "Another", 0.4)] if rare["basin"] else []
    variables = [Variable("temperature", None), *([Variable("nitrate", None)] if rare["variable"] else [])]
    return Mission(
        platform="rare" if rare["platform"] else "common",
        mission=f"{n:05d}",
        version="v1",
        data_mode="P" if rare["data_mode"] else "D",
        figures=figures,
        basins=tuple(basins),
        variables=tuple(variables),
        warnings=(),
        metadata={"project": "Rare" if rare["project"] else "Common"},
        declared={},
        source=Source("f.nc", "0" * 64, 1, "made", "mission", start_at, "test"),
        simulated=n % 5 == 0,
        kind="sailbuoy" if rare["kind"] else "glider",
    )


@cache
def _documents() -> list[Document]:
    return [documents.mission_to_document(make_mission(n)) for n in range(COUNT)]


@pytest.fixture
def first_content() -> FirstContent:
    return "skewed", lambda db: db.missions.insert_many(_documents())


@pytest.fixture
def skewed(db: Database[Document], monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    """1,000 missions in the store, as documents. The limit of counting is lowered to match this small number."""
    monkeypatch.setattr(mission_lists, "_FIRST_COUNTED", 30)
    return _documents()


@dataclass(frozen=True, slots=True)
class ExaminedRead:
    """The result of a call, with the documents and index keys that were examined, and the query plans."""

    result: Any
    documents: int
    keys: int
    plans: list[str]


@pytest.fixture
def examined(db: Database[Document]) -> Iterator[Callable[[Iterable[Callable[[], Any]]], list[ExaminedRead]]]:
    """Run calls one after the other; return the records of MongoDB's profiler for each."""
    db.command("profile", 0)
    db.drop_collection("system.profile")
    db.create_collection("system.profile", capped=True, size=2**28)

    def run(calls: Iterable[Callable[[], Any]]) -> list[ExaminedRead]:
        db.command("profile", 2)
        results = []
        for call in calls:
            results.append(call())
            # A marker in the profile between two calls.
            db.facets.find_one({"_id": "end"})
        db.command("profile", 0)
        projection = {"ns": 1, "docsExamined": 1, "keysExamined": 1, "planSummary": 1}
        reads = list(db["system.profile"].find({"planSummary": {"$exists": True}}, projection).sort("$natural", 1))
        db.drop_collection("system.profile")
        db.create_collection("system.profile", capped=True, size=2**28)
        ends = [i for i, read in enumerate(reads) if read["ns"] == f"{db.name}.facets"]
        parts = [reads[begin + 1 : end] for begin, end in zip([-1, *ends], ends, strict=False)]
        return [
            ExaminedRead(
                result,
                sum(read.get("docsExamined", 0) for read in part),
                sum(read.get("keysExamined", 0) for read in part),
                [read["planSummary"] for read in part],
            )
            for result, part in zip(results, parts, strict=True)
        ]

    yield run
    db.command("profile", 0)
    db.drop_collection("system.profile")


Examined = Callable[[Iterable[Callable[[], Any]]], list[ExaminedRead]]
Listing = tuple[Document, Sort, Document, bool]


@pytest.fixture
def wasteful(skewed: list[Document], examined: Examined) -> Callable[..., list[str]]:
    """Read the first two pages of lists (filters, order, span, simulated); return those that examine too much.

    Without a `bound`, a page may examine twice the documents that it returns.
    """

    def read(lists: Iterable[Listing], bound: Callable[..., int] | None = None) -> list[str]:
        pages: list[tuple[Listing, str | None]] = [(listing, None) for listing in lists]
        bad: list[str] = []
        while pages:
            readings = examined(partial(_page, *listing, cursor) for listing, cursor in pages)
            for (listing, cursor), reading in zip(pages, readings, strict=True):
                filters, _, span, simulated = listing
                most = bound(filters, span, simulated) if bound else 2 * len(reading.result.items)
                uses_index = bound is not None or reading.keys <= 2 * reading.documents + _KEYS_OF_A_RANGE
                if reading.documents > most + SPARE or not uses_index or "COLLSCAN" in reading.plans:
                    bad.append(
                        f"{listing} {'after' if cursor else 'first'}, may {most}: {reading.documents} {reading.keys}"
                    )
            pages = [
                (listing, reading.result.next)
                for (listing, cursor), reading in zip(pages, readings, strict=True)
                if reading.result.next and cursor is None
            ]
        return bad

    return read


def _page(filters: Document, sort: Sort, span: Document, simulated: bool, cursor: str | None) -> cursors.Page[Mission]:
    return missions.page(filters, LIMIT, cursor, simulated=simulated, sort=sort, **span)


def _matches(stored: list[Document], name: str, value: object, simulated: bool) -> int:
    """Return the number of missions that match a filter, counted one by one."""
    values_of = {
        "basin": lambda doc: [share["id"] for share in doc["basins"]],
        "variable": lambda doc: [variable["name"] for variable in doc["variables"]],
        "year": lambda doc: doc["years"],
        "project": lambda doc: [doc["metadata"]["project"]],
    }.get(name, lambda doc: [doc[name]])
    return sum(value in values_of(doc) for doc in stored if simulated or not doc["simulated"])


@pytest.fixture
def rarest(skewed: list[Document]) -> Callable[..., int]:
    """Return the number of matches of the rarest filter; a span matches by the end of missions."""

    def count(filters: Document, span: Document, simulated: bool) -> int:
        counts = [_matches(skewed, name, value, simulated) for name, value in filters.items()]
        since, until = span.get("since", START), span.get("until", START + timedelta(days=36500)) + LONGEST
        ends = [doc["figures"]["end_at"] for doc in skewed if simulated or not doc["simulated"]]
        return min([*counts, sum(since <= end < until for end in ends)])

    return count


@pytest.fixture
def late_cursor() -> Callable[[Sort], str]:
    """Return the cursor of the 35th page of all missions."""

    def cursor_of(sort: Sort) -> str:
        cursor = None
        for _ in range(34):
            cursor = missions.page({}, LIMIT, cursor, sort=sort).next
        assert cursor is not None
        return cursor

    return cursor_of


def mostly_slow(cases: Iterable[tuple[Any, ...]], quick: list[tuple[Any, ...]]) -> list[Any]:
    """Return the cases; all but the quick ones are slow tests: all orders share the indexes of the filters."""
    return [pytest.param(*case, marks=[] if case in quick else [pytest.mark.slow]) for case in cases]


SINGLES: list[Document] = [{}, *({name: of[name]} for of in (COMMON, RARE, UNKNOWN) for name in of)]


PAIRS: list[Document] = [
    {first: one[first], second: other[second]}
    for first, second in combinations(COMMON, 2)
    for one, other in product((COMMON, RARE, UNKNOWN), repeat=2)
]
TRIPLES: list[Document] = [
    {first: COMMON[first], second: RARE[second], third: of[third]}
    for first, second, third in combinations(COMMON, 3)
    for of in (COMMON, RARE)
]


@pytest.mark.parametrize("simulated", [False, True], ids=["real", "all"])
@pytest.mark.parametrize("sort", SORTS)
def test_each_filter_with_each_order_examines_at_most_twice_what_it_returns(
    wasteful: Callable[..., list[str]], sort: Sort, simulated: bool
) -> None:
    assert wasteful((filters, sort, {}, simulated) for filters in SINGLES) == []


@pytest.mark.parametrize("simulated", [False, True], ids=["real", "all"])
@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_indexed_pairs_by_date_examine_at_most_twice_what_they_return(
    wasteful: Callable[..., list[str]], sort: Sort, simulated: bool
) -> None:
    pairs = [filters for filters in PAIRS if tuple(filters) in indexes.MISSION_PAIRS]
    assert len(pairs) == 9 * len(indexes.MISSION_PAIRS)
    assert wasteful((filters, sort, {}, simulated) for filters in pairs) == []


@pytest.mark.parametrize(
    ("sort", "simulated"), mostly_slow(product(SORTS, (False, True)), [("newest", False), ("deepest", True)])
)
def test_other_combinations_examine_at_most_the_matches_of_their_rarest_filter(
    wasteful: Callable[..., list[str]], rarest: Callable[..., int], sort: Sort, simulated: bool
) -> None:
    assert wasteful(((filters, sort, {}, simulated) for filters in [*PAIRS, *TRIPLES]), rarest) == []


@pytest.mark.parametrize(
    ("sort", "span"),
    mostly_slow(product(SORTS, SPANS), [("newest", SPANS[0]), ("oldest", SPANS[1]), ("longest", SPANS[2])]),
)
def test_a_span_of_dates_examines_at_most_the_matches_of_the_rarest_filter(
    wasteful: Callable[..., list[str]], rarest: Callable[..., int], sort: Sort, span: Document
) -> None:
    combinations_of_filters = [*SINGLES, *PAIRS[::5], *TRIPLES[::5]]
    assert wasteful(((filters, sort, span, False) for filters in combinations_of_filters), rarest) == []


def test_a_count_of_one_filter_or_an_indexed_pair_reads_only_keys(skewed: list[Document], examined: Examined) -> None:
    pairs = [filters for filters in PAIRS if tuple(filters) in indexes.MISSION_PAIRS]
    counted = [filters for filters in [*SINGLES, *pairs] if filters]
    readings = examined(partial(missions.count, filters) for filters in counted)
    assert [filters for filters, reading in zip(counted, readings, strict=True) if reading.documents] == []


def test_a_count_of_others_examines_at_most_the_matches_of_their_rarest_filter(
    skewed: list[Document], examined: Examined, rarest: Callable[..., int]
) -> None:
    counted = [(filters, span) for filters in [*SINGLES, *PAIRS, *TRIPLES] for span in ({}, *SPANS) if filters or span]
    readings = examined(partial(missions.count, filters, **span) for filters, span in counted)
    documents_read = [(*count, reading.documents) for count, reading in zip(counted, readings, strict=True)]
    assert [(filters, span, n) for filters, span, n in documents_read if n > rarest(filters, span, False) + SPARE] == []


def test_a_late_page_examines_no_more_than_the_first(
    skewed: list[Document], examined: Examined, late_cursor: Callable[[Sort], str]
) -> None:
    # All missions have equal numbers of profiles: one of the orders is by id alone.
    pages: list[tuple[Sort, str | None]] = [(sort, cursor) for sort in SORTS for cursor in (None, late_cursor(sort))]
    readings = examined(partial(_page, {}, sort, {}, False, cursor) for sort, cursor in pages)
    assert {reading.documents for reading in readings} == {LIMIT + 1}
