"""The cache policy: which responses are cached, by which query arguments, and which tags invalidate them."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from app.cache.invalidation import SIMULATED
from app.domain import mission_filters
from app.http import api_urls

_HOUR_S = 3600.0
# For pages that show failed imports and pending rebuilds, which are not in the change log.
_LIVE_LIFETIME_S = 1.0
# Part of a canonical query that includes simulated platforms.
_SIMULATED_ARGUMENT = "simulated="
# No route declares more arguments than this; a longer query is not parsed.
_MAX_ARGUMENTS = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """How the responses of a route are cached.

    `tags` invalidate them; `{platform}` in a tag is replaced by the route parameter. `arguments` are the query
    arguments that affect the response. A `strict` route rejects unknown arguments with 400; other routes ignore them.
    `max_age_s` is the longest lifetime; a tag or the view may end it earlier. An `absolute` response contains absolute
    URLs, so each host has its own entry. A `simulated` route always shows or counts simulated platforms; others only on
    request. An `invented` route has as many pages as clients send texts: its pages have a small part of the memory.
    """

    tags: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    max_age_s: float = _HOUR_S
    strict: bool = False
    absolute: bool = False
    simulated: bool = False
    invented: bool = False

    def tags_of(self, query: str) -> tuple[str, ...]:
        """The tags of the response to a canonical query."""
        return (*self.tags, SIMULATED) if self.simulated or _SIMULATED_ARGUMENT in query else self.tags


# Lists, maps and totals show any mission and any platform.
_ALL = ("mission", "platform", "totals", "tracks", "basins", "updates")
# Pages of one mission also show the names of its platform and of basins.
_ONE = ("mission:{platform}/{mission}", "platform:{platform}", "basins")
# Results show names, figures and basins of platforms and missions, and counts of missions. `search` is a change of the
# index of names.
_FOUND = ("mission", "platform", "totals", "basins", "search")
_FILTERS = tuple(each.name for each in mission_filters.PARAMETERS)
_PAGED = ("limit", "cursor")

_API, _MISSION = api_urls.ROOT, api_urls.MISSION_ROUTE

RULES: dict[str, Rule] = {
    "/": Rule(_ALL, ("simulated",), absolute=True, simulated=True),
    "/map": Rule(_ALL, (*_FILTERS, "sort", "after", "embed")),
    "/missions": Rule(_ALL, (*_FILTERS, "sort", "after")),
    "/missions/<platform>/<mission>": Rule(_ONE, ("after",), absolute=True),
    "/missions/<platform>/<mission>/plots/<variable>": Rule(_ONE, ("axis", "embed", "quality"), absolute=True),
    "/fleet": Rule(_ALL, ("after", "reporting_state", "simulated")),
    "/fleet/<serial>": Rule(_ALL, ("after",), simulated=True),
    "/basins/<basin>": Rule(_ALL, ("after", "simulated")),
    "/stats": Rule(_ALL),
    "/status": Rule((*_ALL, "queue"), ("order", "after", "simulated"), _LIVE_LIFETIME_S, simulated=True),
    "/updates": Rule(_ALL, ("kind", "platform", "simulated", "after")),
    "/updates.rss": Rule(_ALL, ("kind", "platform", "simulated"), absolute=True),
    "/data": Rule(_ALL),
    "/search": Rule(_FOUND, ("q", "show", "simulated"), invented=True),
    "/sitemap.xml": Rule(_ALL, absolute=True),
    "/robots.txt": Rule((), absolute=True),
    f"{_API}/docs": Rule((), strict=True),
    f"{_API}/openapi.json": Rule((), strict=True),
    f"{_API}/missions": Rule(_ALL, (*_FILTERS, *_PAGED, "sort", "bbox", "wmo_id"), strict=True),
    f"{_API}/tracks": Rule(_ALL, (*_FILTERS, *_PAGED, "sort", "bbox", "wmo_id", "detail"), strict=True),
    f"{_API}/totals": Rule(_ALL, strict=True),
    f"{_API}/stats": Rule(_ALL, ("by", "format"), strict=True),
    f"{_API}/basins": Rule(_ALL, _PAGED, strict=True),
    f"{_API}/basins/<basin>": Rule(_ALL, strict=True),
    f"{_API}/outlines": Rule(_ALL, strict=True),
    f"{_API}/platforms": Rule(_ALL, (*_PAGED, "simulated", "wmo_id", "status", "reporting_state"), strict=True),
    f"{_API}/platforms/<platform>": Rule(_ALL, strict=True, simulated=True),
    f"{_API}/platforms/<platform>/positions": Rule(_ALL, ("limit",), strict=True, simulated=True),
    f"{_API}/status": Rule((*_ALL, "queue"), (), _LIVE_LIFETIME_S, strict=True, simulated=True),
    f"{_API}/search": Rule(_FOUND, ("q", "limit", "simulated"), strict=True, invented=True),
    f"{_API}/updates": Rule(_ALL, ("kind", "platform", "simulated", *_PAGED), strict=True),
    _MISSION: Rule(_ONE, strict=True),
    f"{_MISSION}/track": Rule(_ONE, ("format",), strict=True),
    f"{_MISSION}/profiles": Rule(_ONE, _PAGED, strict=True),
    f"{_MISSION}/sections": Rule(_ONE, strict=True),
    f"{_MISSION}/sections/<variable>": Rule(_ONE, ("format", "quality"), strict=True),
    f"{_MISSION}/sections/<variable>.png": Rule(_ONE, ("scale", "theme"), strict=True),
    f"{_MISSION}/sections/<variable>.svg": Rule(_ONE, ("axis", "quality", "theme"), strict=True),
    f"{_MISSION}/ts": Rule(_ONE, ("quality",), strict=True),
    f"{_MISSION}/ts.png": Rule(_ONE, ("scale", "theme"), strict=True),
    f"{_MISSION}/ts.svg": Rule(_ONE, ("quality", "theme"), strict=True),
}

INVENTED = frozenset(route for route, rule in RULES.items() if rule.invented)

# Routes whose responses are never cached, and why.
NOT_CACHED = {
    "/imports/new": "one operator opens it; processes with and without uploads share a cache",
    "/imports/waiting": "as /imports/new",
    "/sitemap-<part>.xml": "50 000 lines for a crawler that reads them once a day",
    f"{_API}/imports": "a log that one operator pages through",
    f"{_API}/imports/<upload>": "for the client of one API key",
    f"{_API}/imports/waiting": "for the client of one API key",
    f"{_API}/observations": "streamed",
    f"{_API}/export": "streamed",
    f"{_MISSION}/data": "streamed",
    f"{_MISSION}/citation": "contains the URL of the request, and is requested once",
    f"{_MISSION}/profiles/<number>": "one of hundreds of thousands; each is rarely requested",
}


def canonical_query(query: str, rule: Rule) -> str | None:
    """The arguments that affect the response, sorted; the first of repeated ones. None: the request bypasses the cache.

    None is for too many arguments, for text that is not UTF-8, and for unknown or repeated arguments on a strict route,
    which rejects them itself.
    """
    if not query:
        return ""
    try:
        # Invalid UTF-8 raises ValueError, too: replacement characters would make different queries equal.
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MAX_ARGUMENTS)
    except ValueError:
        return None
    names = [name for name, _ in pairs]
    if rule.strict and (set(names) - {*rule.arguments} or len(set(names)) != len(names)):
        return None
    first_values: dict[str, str] = {}
    for name, value in pairs:
        if name in rule.arguments:
            first_values.setdefault(name, value)
    return urlencode(sorted(first_values.items()))
