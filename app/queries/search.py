"""Search by name over platforms, missions and basins; exact names first."""

from dataclasses import dataclass

from app.domain import basin_tree, search_terms
from app.domain.records import Mission, Platform
from app.store import basins, combined_reads, missions, platforms, search, totals

# Each word is a lookup in an index; the first eight words identify any longer name.
MOST_WORDS = 8
_KINDS = ("platform", "mission", "basin")


@dataclass(frozen=True, slots=True)
class BasinHit:
    """A basin, the names of the basins that contain it, the smallest first, and the number of missions in it."""

    id: str
    name: str
    above: list[str]
    missions: int


@dataclass(frozen=True, slots=True)
class Results:
    """The results by kind. `exact` holds (kind, id) of exact names; `more` holds the kinds whose lists are cut."""

    words: list[str]
    platforms: list[Platform]
    missions: list[Mission]
    basins: list[BasinHit]
    owners: dict[str, Platform]
    exact: list[tuple[str, str]]
    more: frozenset[str]

    @property
    def count(self) -> int:
        return len(self.platforms) + len(self.missions) + len(self.basins)


def by_name(text: str, limit: int, simulated: bool = False) -> Results:
    """At most `limit` results of each kind: every word of the text begins a word of the name.

    Exact names come first, then platforms and basins by name, and missions by their start, latest first. A text
    without words has no results.
    """
    words = list(dict.fromkeys(search_terms.of(text)))[:MOST_WORDS]
    if not words:
        return Results([], [], [], [], {}, [], frozenset())
    exactly = [search_terms.exactly(text)]
    reads = [search.matches(kind, keys, limit + 1, simulated) for kind in _KINDS for keys in (exactly, words)]
    matches = combined_reads.values(*reads, timeout_ms=search.TIMEOUT_MS)
    exact: list[tuple[str, str]] = []
    more: set[str] = set()
    ids: dict[str, list[str]] = {}
    for kind, same, alike in zip(_KINDS, matches[::2], matches[1::2], strict=True):
        both = list(dict.fromkeys([*same, *alike]))
        exact += [(kind, name) for name in same]
        more |= {kind} if len(both) > limit else set()
        ids[kind] = both[:limit]
    listed = missions.named(ids["mission"])
    owners = platforms.named(sorted({*ids["platform"], *(mission.platform for mission in listed)}))
    return Results(
        words=words,
        platforms=[owners[name] for name in ids["platform"] if name in owners],
        missions=listed,
        basins=_basins(ids["basin"]),
        owners=owners,
        exact=exact,
        more=frozenset(more),
    )


def _basins(ids: list[str]) -> list[BasinHit]:
    if not ids:
        return []
    tree, counts = basins.tree(), totals.missions_of([f"basin:{basin}" for basin in ids])
    return [
        BasinHit(
            id=basin,
            name=tree[basin].name,
            above=[node.name for node in basin_tree.containing(basin, tree)],
            missions=counts.get(f"basin:{basin}", 0),
        )
        for basin in ids
        if basin in tree
    ]
