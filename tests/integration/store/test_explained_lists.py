"""How much each list looks at to answer, by MongoDB's own profiler, in a store where some values are rare.

Common and rare values of different filters fall together or apart, so that the wrong index would show.
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
# Of the missions that are looked at beside the page: one to know whether another page follows, one for the longest.
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
# What is left over of each of an index's ranges: it is read to where the next one begins.
_KEYS_OF_A_RANGE = 6
LONGEST = timedelta(days=30, seconds=1)
SPANS: list[Document] = [
    {"since": datetime(2017, 12, 1, tzinfo=UTC)},
    {"until": datetime(2010, 2, 1, tzinfo=UTC)},
    {"since": datetime(2012, 3, 1, tzinfo=UTC), "until": datetime(2012, 3, 20, tzinfo=UTC)},
]


def make_mission(n: int) -> Mission:
    """The nth of many, over eight years: of each filter most have one value and about one in 40 a rare one.

    Values repeat, so that a page ends among many that share one; every fifth is simulated; the longest is 30 days.
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
def _made() -> list[Document]:
    return [documents.mission_to_document(make_mission(n)) for n in range(COUNT)]


@pytest.fixture
def first_content() -> FirstContent:
    return "skewed", lambda db: db.missions.insert_many(_made())


@pytest.fixture
def skewed(db: Database[Document], monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    """1,000 missions in the store, as documents. That these are few does not spare to count on."""
    monkeypatch.setattr(mission_lists, "_FIRST_COUNTED", 30)
    return _made()


@dataclass(frozen=True, slots=True)
class ExaminedRead:
    """What was looked at for an answer: documents, keys of indexes, and by which plans."""

    answer: Any
    documents: int
    keys: int
    plans: list[str]


@pytest.fixture
def examined(db: Database[Document]) -> Iterator[Callable[[Iterable[Callable[[], Any]]], list[ExaminedRead]]]:
    """Calls one after the other and tells what MongoDB's profiler saw of each."""
    db.command("profile", 0)
    db.drop_collection("system.profile")
    db.create_collection("system.profile", capped=True, size=2**28)

    def call(asked: Iterable[Callable[[], Any]]) -> list[ExaminedRead]:
        db.command("profile", 2)
        answers = []
        for ask in asked:
            answers.append(ask())
            # Stands between what was read for one and for the next.
            db.facets.find_one({"_id": "end"})
        db.command("profile", 0)
        wanted = {"ns": 1, "docsExamined": 1, "keysExamined": 1, "planSummary": 1}
        reads = list(db["system.profile"].find({"planSummary": {"$exists": True}}, wanted).sort("$natural", 1))
        db.drop_collection("system.profile")
        db.create_collection("system.profile", capped=True, size=2**28)
        ends = [i for i, read in enumerate(reads) if read["ns"] == f"{db.name}.facets"]
        parts = [reads[begin + 1 : end] for begin, end in zip([-1, *ends], ends, strict=False)]
        return [
            ExaminedRead(
                answer,
                sum(read.get("docsExamined", 0) for read in part),
                sum(read.get("keysExamined", 0) for read in part),
                [read["planSummary"] for read in part],
            )
            for answer, part in zip(answers, parts, strict=True)
        ]

    yield call
    db.command("profile", 0)
    db.drop_collection("system.profile")


Examined = Callable[[Iterable[Callable[[], Any]]], list[ExaminedRead]]
List = tuple[Document, Sort, Document, bool]


@pytest.fixture
def wasteful(skewed: list[Document], examined: Examined) -> Callable[..., list[str]]:
    """Reads the first two pages of lists (filters, order, span, simulated), and tells those that examine too much.

    Without a `bound` they may examine twice the documents that they return.
    """

    def read(lists: Iterable[List], bound: Callable[..., int] | None = None) -> list[str]:
        asked: list[tuple[List, str | None]] = [(one, None) for one in lists]
        bad: list[str] = []
        while asked:
            found = examined(partial(_page, *one, cursor) for one, cursor in asked)
            for (one, cursor), reading in zip(asked, found, strict=True):
                filters, _, span, simulated = one
                most = bound(filters, span, simulated) if bound else 2 * len(reading.answer.items)
                keyed = bound is not None or reading.keys <= 2 * reading.documents + _KEYS_OF_A_RANGE
                if reading.documents > most + SPARE or not keyed or "COLLSCAN" in reading.plans:
                    bad.append(
                        f"{one} {'after' if cursor else 'first'}, may {most}: {reading.documents} {reading.keys}"
                    )
            asked = [
                (one, reading.answer.next)
                for (one, cursor), reading in zip(asked, found, strict=True)
                if reading.answer.next and cursor is None
            ]
        return bad

    return read


def _page(filters: Document, sort: Sort, span: Document, simulated: bool, cursor: str | None) -> cursors.Page[Mission]:
    return missions.page(filters, LIMIT, cursor, simulated=simulated, sort=sort, **span)


def _matches(made: list[Document], name: str, value: object, simulated: bool) -> int:
    """How many missions a filter finds, by looking at each."""
    held = {
        "basin": lambda doc: [share["id"] for share in doc["basins"]],
        "variable": lambda doc: [variable["name"] for variable in doc["variables"]],
        "year": lambda doc: doc["years"],
        "project": lambda doc: [doc["metadata"]["project"]],
    }.get(name, lambda doc: [doc[name]])
    return sum(value in held(doc) for doc in made if simulated or not doc["simulated"])


@pytest.fixture
def rarest(skewed: list[Document]) -> Callable[..., int]:
    """How many missions the filter finds that finds the fewest; dates find what may have data then, by its end."""

    def count(filters: Document, span: Document, simulated: bool) -> int:
        counts = [_matches(skewed, name, value, simulated) for name, value in filters.items()]
        since, until = span.get("since", START), span.get("until", START + timedelta(days=36500)) + LONGEST
        ends = [doc["figures"]["end_at"] for doc in skewed if simulated or not doc["simulated"]]
        return min([*counts, sum(since <= end < until for end in ends)])

    return count


@pytest.fixture
def late() -> Callable[[Sort], str]:
    """The cursor of the 35th page of all missions."""

    def walk(sort: Sort) -> str:
        cursor = None
        for _ in range(34):
            cursor = missions.page({}, LIMIT, cursor, sort=sort).next
        assert cursor is not None
        return cursor

    return walk


def mostly_slow(cases: Iterable[tuple[Any, ...]], quick: list[tuple[Any, ...]]) -> list[Any]:
    """The cases, all but the quick ones as slow tests: an order shares its indexes with all the others' filters."""
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
def test_listed_pairs_by_date_examine_at_most_twice_what_they_return(
    wasteful: Callable[..., list[str]], sort: Sort, simulated: bool
) -> None:
    listed = [filters for filters in PAIRS if tuple(filters) in indexes.MISSION_PAIRS]
    assert len(listed) == 9 * len(indexes.MISSION_PAIRS)
    assert wasteful((filters, sort, {}, simulated) for filters in listed) == []


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
def test_dates_count_as_a_filter(
    wasteful: Callable[..., list[str]], rarest: Callable[..., int], sort: Sort, span: Document
) -> None:
    asked = [*SINGLES, *PAIRS[::5], *TRIPLES[::5]]
    assert wasteful(((filters, sort, span, False) for filters in asked), rarest) == []


def test_a_count_of_one_filter_or_a_listed_pair_reads_keys_alone(skewed: list[Document], examined: Examined) -> None:
    listed = [filters for filters in PAIRS if tuple(filters) in indexes.MISSION_PAIRS]
    asked = [filters for filters in [*SINGLES, *listed] if filters]
    found = examined(partial(missions.count, filters) for filters in asked)
    assert [chosen for chosen, reading in zip(asked, found, strict=True) if reading.documents] == []


def test_a_count_of_others_examines_at_most_the_matches_of_their_rarest_filter(
    skewed: list[Document], examined: Examined, rarest: Callable[..., int]
) -> None:
    asked = [(filters, span) for filters in [*SINGLES, *PAIRS, *TRIPLES] for span in ({}, *SPANS) if filters or span]
    found = examined(partial(missions.count, filters, **span) for filters, span in asked)
    told = [(*question, reading.documents) for question, reading in zip(asked, found, strict=True)]
    assert [(filters, span, n) for filters, span, n in told if n > rarest(filters, span, False) + SPARE] == []


def test_a_late_page_examines_no_more_than_the_first(
    skewed: list[Document], examined: Examined, late: Callable[[Sort], str]
) -> None:
    # All missions have as many profiles, so that one of the orders is by their ids alone.
    asked: list[tuple[Sort, str | None]] = [(sort, cursor) for sort in SORTS for cursor in (None, late(sort))]
    found = examined(partial(_page, {}, sort, {}, False, cursor) for sort, cursor in asked)
    assert {reading.documents for reading in found} == {LIMIT + 1}
