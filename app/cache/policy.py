"""Which answers are kept, by which arguments, and which tag of the change log outdates what: the one table of it."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from app.cache.invalidation import SIMULATED
from app.domain import mission_filters
from app.http import api_urls

_HOUR_S = 3600.0
# What tells of failed imports and of what waits to be derived, which the change log does not know.
_LIVE_S = 1.0
# How a canonical query asks for what is simulated.
_WITH_SIMULATED = "simulated="
# An argument is a word or a cursor.
_MOST_ARGUMENTS = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """How the answers of a route are kept: `tags` (with the route's own arguments in braces) say what outdates them.

    `arguments` are those of the query that make a difference. A `strict` route refuses others itself; elsewhere they
    are ignored. `most_s` is for what no tag and no view foresees. `absolute` answers name their own address, so each
    host has its own. A `simulated` route shows or counts simulated things always, others only when asked to.
    """

    tags: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    most_s: float = _HOUR_S
    strict: bool = False
    absolute: bool = False
    simulated: bool = False

    def tags_of(self, query: str) -> tuple[str, ...]:
        """The tags of the answer to a canonical query."""
        return (*self.tags, SIMULATED) if self.simulated or _WITH_SIMULATED in query else self.tags


# What lists, maps and sums show: any mission, any platform.
_ALL = ("mission", "platform", "totals", "tracks", "basins", "updates")
# What shows one mission, and the names of platforms and basins.
_ONE = ("mission:{platform}/{mission}", "platform:{platform}", "basins")
_FILTERS = tuple(each.name for each in mission_filters.PARAMETERS)
_PAGED = ("limit", "cursor")

_API, _MISSION = api_urls.ROOT, api_urls.MISSION_ROUTE

RULES: dict[str, Rule] = {
    "/": Rule(_ALL, ("simulated",), absolute=True, simulated=True),
    "/map": Rule(_ALL, (*_FILTERS, "sort", "after")),
    "/missions": Rule(_ALL, (*_FILTERS, "sort", "after")),
    "/missions/<platform>/<mission>": Rule(_ONE, ("after",), absolute=True),
    "/fleet": Rule(_ALL, ("after", "simulated")),
    "/fleet/<serial>": Rule(_ALL, ("after",), simulated=True),
    "/basins/<basin>": Rule(_ALL, ("after", "simulated")),
    "/stats": Rule(_ALL),
    "/status": Rule(_ALL, ("order", "after", "simulated"), _LIVE_S, simulated=True),
    "/updates": Rule(_ALL, ("kind", "platform", "simulated", "after")),
    "/updates.rss": Rule(_ALL, ("kind", "platform", "simulated"), absolute=True),
    "/data": Rule(_ALL),
    "/sitemap.xml": Rule(_ALL, absolute=True),
    "/robots.txt": Rule((), absolute=True),
    f"{_API}/docs": Rule((), strict=True),
    f"{_API}/openapi.json": Rule((), strict=True),
    f"{_API}/missions": Rule(_ALL, (*_FILTERS, *_PAGED, "sort"), strict=True),
    f"{_API}/tracks": Rule(_ALL, (*_FILTERS, *_PAGED, "sort", "bbox", "detail"), strict=True),
    f"{_API}/totals": Rule(_ALL, strict=True),
    f"{_API}/stats": Rule(_ALL, ("by", "format"), strict=True),
    f"{_API}/basins": Rule(_ALL, _PAGED, strict=True),
    f"{_API}/basins/<basin>": Rule(_ALL, strict=True),
    f"{_API}/outlines": Rule(_ALL, strict=True),
    f"{_API}/platforms": Rule(_ALL, (*_PAGED, "simulated"), strict=True),
    f"{_API}/platforms/<platform>": Rule(_ALL, strict=True, simulated=True),
    f"{_API}/status": Rule(_ALL, (), _LIVE_S, strict=True, simulated=True),
    f"{_API}/updates": Rule(_ALL, ("kind", "platform", "simulated", *_PAGED), strict=True),
    _MISSION: Rule(_ONE, strict=True),
    f"{_MISSION}/track": Rule(_ONE, ("format",), strict=True),
    f"{_MISSION}/profiles": Rule(_ONE, _PAGED, strict=True),
    f"{_MISSION}/sections": Rule(_ONE, strict=True),
    f"{_MISSION}/sections/<variable>": Rule(_ONE, ("format",), strict=True),
    f"{_MISSION}/sections/<variable>.png": Rule(_ONE, ("theme",), strict=True),
    f"{_MISSION}/ts": Rule(_ONE, strict=True),
    f"{_MISSION}/ts.png": Rule(_ONE, ("theme",), strict=True),
}

# Routes whose answers are never kept, and why.
NOT_KEPT = {
    "/search": "no two visitors type the same",
    "/sitemap-<part>.xml": "50 000 lines for a crawler that comes once a day",
    f"{_API}/search": "no two visitors type the same",
    f"{_API}/imports": "a log that one reader pages through, for a cause",
    f"{_API}/observations": "streamed",
    f"{_API}/export": "streamed",
    f"{_MISSION}/data": "streamed",
    f"{_MISSION}/citation": "names the address it was asked at, and is asked for once",
    f"{_MISSION}/profiles/<number>": "one of hundreds of thousands",
}


def canonical(query: str, rule: Rule) -> str | None:
    """The query with the arguments that make a difference, in one order; None when the route shall see it as it is."""
    if not query:
        return ""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=False, max_num_fields=_MOST_ARGUMENTS)
    except ValueError:
        return None
    if rule.strict and ({name for name, _ in pairs} - {*rule.arguments} or len({n for n, _ in pairs}) != len(pairs)):
        return None
    first: dict[str, str] = {}
    for name, value in pairs:
        if name in rule.arguments:
            first.setdefault(name, value)
    return urlencode(sorted(first.items()))
