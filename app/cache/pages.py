"""The page cache: a layer in front of Flask that answers from memory what is the same for everyone.

It renders once what many ask for, shows the old page while the new one is rendered, and when rendering fails.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from time import sleep, time
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect

from app.cache.cached_response import Encoding, Entry, entry, is_known
from app.cache.invalidation import ChangeLogFollower
from app.cache.lru_store import Memory
from app.cache.policy import Rule, canonical
from app.cache.redis_store import Shared
from app.cache.single_flight import Flights
from app.http.expiry import VALID_UNTIL
from app.http.observe import ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A mission that does not exist may be stored in the next moment; its tag says so, and this is for what has no tag.
_MISSING_FOR_S = 2.0
# Renderings are bounded by the deadlines of MongoDB; whoever has waited for so long renders for himself.
_PATIENCE_S = 2.0
_LOOK_AGAIN_S = 0.02
# A change shall show within a second: for no longer is the old page shown while the new one is rendered.
_MEANWHILE_S = 1.0
# A change is noticed within half a second; so long after it nobody has to wait, and who asks later sees it.
_UNNOTICED_S = 0.5
# When the new one cannot be rendered, an old page with its times written on it is better than none; after a day what
# it says to be active is not, and whoever looks had better learn that something is broken.
_IN_NEED_S = 86_400.0
# Different questions whose meaning is remembered, of a few hundred bytes each; hot ones are among the last thousand.
_REMEMBERED = 1_024
_LONGEST_QUERY = 2_000
_LONGEST_HOST = 255
# Ours are short; longer ones are somebody's experiment, and would be keys.
_LONGEST_PATH = 300
_LONGEST_ACCEPT = 200
# What stands in the key where a page does not depend on it; nobody can ask so: a request has a scheme.
_NO_ORIGIN = ("", "")
# What such a page is rendered with; a guard sees to it that it never shows.
_PLACEHOLDER = ("http", "localhost")
# Answered from files, beside the cache.
_STATIC = "/static/"
_FORGOTTEN = ("CONTENT_LENGTH", "CONTENT_TYPE", "RAW_URI", "REQUEST_URI", "wsgi.file_wrapper")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, stripped of all that must not make a difference."""

    rule: Rule
    arguments: dict[str, Any]
    query: str
    origin: tuple[str, str]
    key: Hashable


@dataclass(frozen=True, slots=True)
class Answer:
    """An entry, or an answer that is passed on and not kept."""

    entry: Entry | None
    status: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    route: str = ""


class LagTracker(Protocol):
    """Knows from where this thread has read."""

    def begin(self) -> None:
        """Forgets what was read before."""

    def lagged(self) -> bool:
        """Whether something came from a server that may lag behind."""


class PageCache:
    """Wraps a WSGI application. Keeps nothing until `watcher` knows the change log.

    `rules` says by route what may be kept; what `reading` finds to be lagging is shown and not kept; `count` is told
    how each request was answered. With `one_origin` the portal knows its own address, and pages that name it are the
    same for whatever host was asked. `admit` may refuse what is not kept yet, by giving the refusal. `behind` may take
    over the rendering of a page of which an old one can be shown meanwhile; it says whether it does.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        url_map: Map,
        rules: dict[str, Rule],
        memory: Memory,
        watcher: ChangeLogFollower,
        shared: Shared,
        reading: LagTracker,
        count: Callable[[str], None] = lambda _outcome: None,
        clock: Callable[[], float] = time,
        pause: Callable[[float], None] = sleep,
        one_origin: bool = False,
        admit: Callable[["WSGIEnvironment"], "WSGIApplication | None"] = lambda _environ: None,
        behind: Callable[[Hashable, Callable[[], object]], bool] = lambda _key, _render: False,
    ) -> None:
        self._app = app
        self._urls = url_map.bind("localhost")
        self._rules = rules
        self._memory = memory
        self._watcher = watcher
        self._shared = shared
        self._reading = reading
        self._count = count
        self._clock = clock
        self._pause = pause
        self._flights: Flights[Answer] = Flights()
        self._one_origin = one_origin
        self._admit = admit
        self._behind = behind
        # Matching a route and taking a query apart would cost most of a hit.
        self._asked = lru_cache(_REMEMBERED)(self._what)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if self._watcher.mark is None or not _is_for_everyone(environ):
            return self._pass_on(environ, start_response)
        asked = self._asked(
            environ.get("SCRIPT_NAME", ""),
            environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
            environ.get("wsgi.url_scheme", "http"),
            environ.get("HTTP_HOST", ""),
        )
        if asked is None:
            return self._pass_on(environ, start_response)
        found = self._memory.find(asked.key)
        if found is not None and found[1]:
            return self._send("hit", found[0], environ, start_response)
        old = found[0] if found is not None else None
        if old is not None:
            outdated_for_s = self._memory.outdated_for_s(asked.key)
            is_under_way = outdated_for_s <= _MEANWHILE_S and self._flights.is_under_way(asked.key)
            if is_under_way or (outdated_for_s <= _UNNOTICED_S and self._is_seen_to(asked, old, environ)):
                return self._send("stale", old, environ, start_response)
            if outdated_for_s > _IN_NEED_S:
                old = None
        if (refusal := self._admit(environ)) is not None:
            # Before anybody joins the flight: what would have to be made is refused to this client alone.
            self._count("bypass")
            return refusal(environ, start_response)
        answer = self._fly(asked, old, environ, waits=old is None)
        if old is not None and (answer.entry is old or (answer.entry is None and answer.status.startswith("5"))):
            return self._send("stale", old, environ, start_response)
        if answer.entry is not None:
            return self._send("miss", answer.entry, environ, start_response)
        self._count("miss")
        environ[ROUTE] = answer.route
        start_response(answer.status, list(answer.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _is_seen_to(self, asked: Asked, old: Entry, environ: "WSGIEnvironment") -> bool:
        """Whether the page is made anew without anybody waiting for it."""
        # The server goes on with its own dictionary while this is used.
        told = dict(environ)

        def render() -> None:
            found = self._memory.find(asked.key)
            if found is None or not found[1]:
                # Nobody waits here: what another process renders at the moment is waited for, and taken.
                self._fly(asked, old, told, waits=True)

        return self._behind(asked.key, render)

    def _fly(self, asked: Asked, old: Entry | None, environ: "WSGIEnvironment", waits: bool) -> Answer:
        return self._flights.fly(
            asked.key,
            lambda: self._fill(asked, old, environ, waits),
            _PATIENCE_S,
            lambda: Answer(old) if old is not None else self._rendered(asked, environ),
        )

    def _pass_on(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        self._count("bypass")
        return self._app(environ, start_response)

    def _what(self, script: str, path: str, query: str, scheme: str, host: str) -> Asked | None:
        """What is asked for; None when it is nothing that is kept."""
        if len(query) > _LONGEST_QUERY or len(path) > _LONGEST_PATH or len(host) > _LONGEST_HOST:
            return None
        try:
            route, arguments = self._urls.match(path.encode("latin-1").decode("utf-8"), method="GET", return_rule=True)
        except (HTTPException, RequestRedirect, UnicodeError):
            return None
        rule = self._rules.get(route.rule)
        told = canonical(query, rule) if rule else None
        if rule is None or told is None:
            return None
        origin = (scheme, host) if rule.absolute and not self._one_origin else _NO_ORIGIN
        return Asked(rule, dict(arguments), told, origin, (script, path, told, origin))

    def _fill(self, asked: Asked, old: Entry | None, environ: "WSGIEnvironment", waits: bool) -> Answer:
        """The page: what another worker has shared, else rendered here, once among all workers while Redis is there.

        Unless it `waits`, the old one is the answer while another worker renders, for a second after a change.
        """
        if (shared := self._fresh_shared(asked)) is not None:
            return shared
        word = self._shared.lock(asked.key)
        if word is None and old is not None and not waits and self._memory.outdated_for_s(asked.key) <= _MEANWHILE_S:
            return Answer(old)
        waited_s = 0.0
        while word is None and waited_s < _PATIENCE_S:
            self._pause(_LOOK_AGAIN_S)
            waited_s += _LOOK_AGAIN_S
            if (shared := self._fresh_shared(asked)) is not None:
                return shared
            # Free again, and nothing that is fresh: what the other one rendered has been overtaken.
            word = self._shared.lock(asked.key)
        if word is None:
            return Answer(old) if old is not None else self._rendered(asked, environ)
        try:
            # Whoever held the lock until now may have shared it.
            return (self._fresh_shared(asked) if word else None) or self._rendered(asked, environ)
        finally:
            self._shared.unlock(asked.key, word)

    def _fresh_shared(self, asked: Asked) -> Answer | None:
        found = self._shared.find(asked.key)
        if found is None or found.valid_until_s <= self._clock():
            return None
        # Of another log, or ahead of what is known here of this one, it is not believed.
        return Answer(found) if self._keep(asked.key, found) else None

    def _rendered(self, asked: Asked, environ: "WSGIEnvironment") -> Answer:
        mark, begun_s = self._watcher.mark, self._clock()
        inner = _stripped(environ, asked)
        self._reading.begin()
        status, headers, body = _collected(self._app, inner)
        route = inner.get(ROUTE, "")
        kept_for_s = asked.rule.most_s if status.startswith("200") else _MISSING_FOR_S
        if mark is None or status[:3] not in ("200", "404") or _is_private(headers) or self._reading.lagged():
            return Answer(None, status, headers, body, route)
        # Platforms answer to their id in whatever case; the change log has it in lower case.
        named = {name: str(value).lower() if name == "platform" else value for name, value in asked.arguments.items()}
        tags = frozenset(tag.format(**named) for tag in asked.rule.tags_of(asked.query))
        valid_until_s = min(inner.get(VALID_UNTIL, float("inf")), self._clock() + kept_for_s)
        found = entry(status, headers, body, route, tags, mark, valid_until_s)
        if self._keep(asked.key, found):
            if status.startswith("200"):
                self._shared.keep(asked.key, found)
        elif self._watcher.knows(mark):
            # Overtaken: never fresh, and newer than what was there. While files come in, each rendering may be.
            self._memory.keep(asked.key, found, outdated_since_s=begun_s)
            if not self._watcher.knows(mark):
                self._memory.remove(asked.key)
        return Answer(found)

    def _keep(self, key: Hashable, found: Entry) -> bool:
        """Keeps the entry unless it has been overtaken; False then."""
        if self._watcher.outdates(found.mark, found.tags):
            return False
        self._memory.keep(key, found)
        if self._watcher.outdates(found.mark, found.tags):
            # The news came between the question and the keeping: what it was to mark was not there yet.
            self._memory.outdate(found.mark.number + 1, found.tags)
            return False
        return True

    def _send(
        self, outcome: str, found: Entry, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        self._count(outcome)
        environ[ROUTE] = found.route
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        encoding = _best(accepted if len(accepted) <= _LONGEST_ACCEPT else "", len(found.bodies) > 1)
        form = found.forms[encoding]
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and found.is_whole and is_known(known, form.etag):
            start_response("304 Not Modified", form.unchanged_headers)
            return ()
        start_response(found.status, form.headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (form.body,)


def _is_for_everyone(environ: "WSGIEnvironment") -> bool:
    """Whether the request says nothing of who asks."""
    return (
        environ.get("REQUEST_METHOD") in ("GET", "HEAD")
        and "HTTP_AUTHORIZATION" not in environ
        and "HTTP_COOKIE" not in environ
        and not environ.get("PATH_INFO", "").startswith(_STATIC)
    )


def _is_private(headers: Iterable[tuple[str, str]]) -> bool:
    named = {name.lower(): value.lower() for name, value in headers}
    control = named.get("cache-control", "")
    return "set-cookie" in named or "no-store" in control or "private" in control


def _stripped(environ: "WSGIEnvironment", asked: Asked) -> "WSGIEnvironment":
    """The request as everyone's: no header of the client's is left that could show in the page."""
    kept = {name: value for name, value in environ.items() if not name.startswith("HTTP_") and name not in _FORGOTTEN}
    scheme, host = asked.origin if asked.origin != _NO_ORIGIN else _PLACEHOLDER
    kept |= {
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": asked.query,
        "HTTP_HOST": host,
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(),
    }
    return kept


def _collected(app: "WSGIApplication", environ: "WSGIEnvironment") -> tuple[str, tuple[tuple[str, str], ...], bytes]:
    """Status, headers and whole body of the application's answer. Raises what it raises."""
    started: list[tuple[str, tuple[tuple[str, str], ...]]] = []

    def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], object]:
        started.append((status, tuple(headers)))
        return written.append

    written: list[bytes] = []
    chunks = app(environ, start)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = started[-1]
    return status, headers, b"".join(written) + body


@lru_cache(maxsize=256)
def _best(accepted: str, compressed: bool) -> Encoding:
    """The encoding that the reader likes best of ours: brotli, gzip, none."""
    if not compressed:
        return "identity"
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        try:
            weights[name.strip()] = float(parameters.strip().removeprefix("q=")) if parameters else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    other = weights.get("*", 0.0)
    offers: list[tuple[Encoding, float]] = [(name, weights.get(name, other)) for name in ("br", "gzip")]
    name, weight = max(offers, key=lambda offer: offer[1])
    # Without a word about it, a body as it is may always be sent.
    return name if weight > 0 and weight >= weights.get("identity", 0.0) else "identity"
