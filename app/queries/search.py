"""What a visitor's words find: platforms, missions and basins, those of exactly that name first."""

from dataclasses import dataclass

from app.domain import search_terms
from app.domain.records import Mission, Platform
from app.store import basins, missions, platforms, search

# Each word is a look into an index; a name of more words is found by its first ones.
MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """A basin by its id and name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of each kind. `exact` holds (kind, id) of what is called exactly so; `more` the kinds cut off."""

    words: list[str]
    platforms: list[Platform]
    missions: list[Mission]
    basins: list[Place]
    owners: dict[str, Platform]
    exact: list[tuple[str, str]]
    more: frozenset[str]

    @property
    def count(self) -> int:
        return len(self.platforms) + len(self.missions) + len(self.basins)


def found(text: str, limit: int, simulated: bool = False) -> Found:
    """At most `limit` of each kind whose names hold words that begin like those of the text; nothing without words.

    Exact names come first, then platforms and basins by name and missions by their start, newest first.
    """
    asked = list(dict.fromkeys(search_terms.of(text)))[:MOST_WORDS]
    if not asked:
        return Found([], [], [], [], {}, [], frozenset())
    exact: list[tuple[str, str]] = []
    more: set[str] = set()
    ids: dict[str, list[str]] = {}
    for kind in ("platform", "mission", "basin"):
        same = search.matches(kind, [search_terms.exactly(text)], limit + 1, simulated)
        alike = search.matches(kind, asked, limit + 1, simulated)
        both = list(dict.fromkeys([*same, *alike]))
        exact += [(kind, name) for name in same]
        more |= {kind} if len(both) > limit else set()
        ids[kind] = both[:limit]
    listed = missions.named(ids["mission"])
    owners = platforms.named(sorted({*ids["platform"], *(mission.platform for mission in listed)}))
    names = basins.named(ids["basin"])
    return Found(
        words=asked,
        platforms=[owners[name] for name in ids["platform"] if name in owners],
        missions=listed,
        basins=[Place(name, names[name]) for name in ids["basin"] if name in names],
        owners=owners,
        exact=exact,
        more=frozenset(more),
    )
