"""Which page a request asks for: its cache key, reduced to what makes a difference to the response."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect

from app.cache.policy import Rule, canonical_query

# Distinct requests whose page is remembered, a few hundred bytes each. Frequent ones are among the last thousand.
_REMEMBERED = 1_024
_MAX_QUERY_LENGTH = 2_000
_MAX_HOST_LENGTH = 255
# The portal's own paths are shorter; longer ones would only fill the cache with keys.
_MAX_PATH_LENGTH = 300
# Sentinel origin for pages that do not depend on scheme and host; no real request can produce it.
NO_ORIGIN = ("", "")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A cacheable request. `arguments` are those of the route; `query` is canonical; `origin` is (scheme, host)."""

    rule: Rule
    arguments: dict[str, Any]
    query: str
    origin: tuple[str, str]
    key: Hashable

    def tags(self) -> frozenset[str]:
        """The tags of the change log that invalidate this page."""
        # URLs accept a platform in any case; the change log has it in lower case.
        arguments = {
            name: str(value).lower() if name == "platform" else value for name, value in self.arguments.items()
        }
        return frozenset(tag.format(**arguments) for tag in self.rule.tags_of(self.query))


Resolver = Callable[[str, str, str, str, str], PageRequest | None]


def resolver(url_map: Map, rules: Mapping[str, Rule], has_one_origin: bool) -> Resolver:
    """A function from (SCRIPT_NAME, PATH_INFO, QUERY_STRING, scheme, host) to the page; None if it is not cacheable.

    With `has_one_origin`, pages that contain absolute URLs are equal for all hosts.
    """
    urls = url_map.bind("localhost")

    # Matching the route and parsing the query would cost most of a cache hit.
    @lru_cache(_REMEMBERED)
    def resolve(script: str, path: str, query: str, scheme: str, host: str) -> PageRequest | None:
        try:
            # WSGI passes the bytes of the path as Latin-1.
            route, arguments = urls.match(path.encode("latin-1").decode("utf-8"), method="GET", return_rule=True)
        except (HTTPException, RequestRedirect, UnicodeError):
            return None
        rule = rules.get(route.rule)
        canonical = canonical_query(query, rule) if rule else None
        if rule is None or canonical is None:
            return None
        origin = (scheme, host) if rule.absolute and not has_one_origin else NO_ORIGIN
        return PageRequest(rule, dict(arguments), canonical, origin, (script, path, canonical, origin))

    def resolve_short(script: str, path: str, query: str, scheme: str, host: str) -> PageRequest | None:
        # Here and not in `resolve`, which would remember long requests.
        if len(query) > _MAX_QUERY_LENGTH or len(path) > _MAX_PATH_LENGTH or len(host) > _MAX_HOST_LENGTH:
            return None
        return resolve(script, path, query, scheme, host)

    return resolve_short
