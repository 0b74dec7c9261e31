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

from app.cache.entry import Encoding, Entry, entry
from app.cache.flight import Flights
from app.cache.freshness import Watcher
from app.cache.memory import Memory
from app.cache.rules import Rule, canonical
from app.cache.shared import Shared

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE = "halocline.route"
# Where a view leaves the moment, s since 1970, at which its page changes without an event.
VALID_UNTIL = "halocline.valid_until"

# A mission that does not exist may be stored in the next moment; its tag says so, and this is for what has no tag.
_MISSING_FOR_S = 2.0
# Renderings are bounded by the deadlines of MongoDB; whoever has waited for so long renders for himself.
_PATIENCE_S = 2.0
_LOOK_AGAIN_S = 0.02
_LONGEST_QUERY = 2_000
_LONGEST_HOST = 255
# Ours are short; longer ones are somebody's experiment, and would be keys.
_LONGEST_PATH = 300
_LONGEST_ACCEPT = 200
# What stands in the key where a page does not depend on it; nobody can ask so: a request has a scheme.
_NO_ORIGIN = ("", "")
# What such a page is rendered with; a guard sees to it that it never shows.
_PLACEHOLDER = ("http", "localhost")
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


class Reading(Protocol):
    """Knows from where this thread has read."""

    def begin(self) -> None:
        """Forgets what was read before."""

    def lagged(self) -> bool:
        """Whether something came from a server that may lag behind."""


class PageCache:
    """Wraps a WSGI application. Keeps nothing until `watcher` knows the change log.

    `rules` says by route what may be kept; what `reading` finds to be lagging is shown and not kept; `count` is told
    how each request was answered.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        url_map: Map,
        rules: dict[str, Rule],
        memory: Memory,
        watcher: Watcher,
        shared: Shared,
        reading: Reading,
        count: Callable[[str], None] = lambda _outcome: None,
        clock: Callable[[], float] = time,
        pause: Callable[[float], None] = sleep,
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

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if self._watcher.number is None or not _is_for_everyone(environ):
            return self._pass_on(environ, start_response)
        found = None
        plain = not environ.get("QUERY_STRING")
        if plain:
            # Most requests end here: no route is matched, nothing is parsed.
            found = self._memory.find((environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""), "", _NO_ORIGIN))
            if found is not None and found[1]:
                return self._send("hit", Answer(found[0]), environ, start_response)
        asked = self._asked(environ)
        if asked is None:
            return self._pass_on(environ, start_response)
        if found is None or asked.origin != _NO_ORIGIN or not plain:
            found = self._memory.find(asked.key)
        if found is not None and found[1]:
            return self._send("hit", Answer(found[0]), environ, start_response)
        old = found[0] if found is not None else None
        if old is not None and self._flights.is_under_way(asked.key):
            return self._send("stale", Answer(old), environ, start_response)
        answer = self._flights.fly(asked.key, lambda: self._fill(asked, old, environ), _PATIENCE_S)
        if answer.entry is None and old is not None and answer.status.startswith("5"):
            return self._send("stale", Answer(old), environ, start_response)
        return self._send("miss", answer, environ, start_response)

    def _pass_on(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        self._count("bypass")
        return self._app(environ, start_response)

    def _asked(self, environ: "WSGIEnvironment") -> Asked | None:
        """What is asked for; None when it is nothing that is kept."""
        script, path, query = (environ.get(name, "") for name in ("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"))
        if len(query) > _LONGEST_QUERY or len(path) > _LONGEST_PATH:
            return None
        try:
            route, arguments = self._urls.match(path.encode("latin-1").decode("utf-8"), method="GET", return_rule=True)
        except (HTTPException, RequestRedirect, UnicodeError):
            return None
        rule = self._rules.get(route.rule)
        told = canonical(query, rule) if rule else None
        if rule is None or told is None:
            return None
        origin = _NO_ORIGIN
        if rule.absolute:
            origin = (environ.get("wsgi.url_scheme", "http"), environ.get("HTTP_HOST", ""))
            if len(origin[1]) > _LONGEST_HOST:
                return None
        return Asked(rule, dict(arguments), told, origin, (script, path, told, origin))

    def _fill(self, asked: Asked, old: Entry | None, environ: "WSGIEnvironment") -> Answer:
        """The page: what another worker has shared, else rendered here, once among all workers while Redis is there."""
        if (shared := self._fresh_shared(asked)) is not None:
            return shared
        word = self._shared.lock(asked.key)
        if word is None:
            if old is not None:
                return Answer(old)
            waited_s = 0.0
            while waited_s < _PATIENCE_S:
                self._pause(_LOOK_AGAIN_S)
                waited_s += _LOOK_AGAIN_S
                if (shared := self._fresh_shared(asked)) is not None:
                    return shared
            return self._rendered(asked, environ)
        try:
            # Whoever held the lock until now may have shared it.
            return (self._fresh_shared(asked) if word else None) or self._rendered(asked, environ)
        finally:
            self._shared.unlock(asked.key, word)

    def _fresh_shared(self, asked: Asked) -> Answer | None:
        found = self._shared.find(asked.key)
        if found is None or found.valid_until_s <= self._clock():
            return None
        # Ahead of what is known here, it may come from a database that was restored since: not to be believed.
        if found.number > (self._watcher.number or 0) or self._watcher.outdates(found.number, found.tags):
            return None
        self._keep(asked.key, found)
        return Answer(found)

    def _rendered(self, asked: Asked, environ: "WSGIEnvironment") -> Answer:
        number = self._watcher.number
        inner = _stripped(environ, asked)
        self._reading.begin()
        status, headers, body = _collected(self._app, inner)
        route = inner.get(ROUTE, "")
        kept_for_s = asked.rule.most_s if status.startswith("200") else _MISSING_FOR_S
        if number is None or status[:3] not in ("200", "404") or _is_private(headers) or self._reading.lagged():
            return Answer(None, status, headers, body, route)
        # Platforms answer to their id in whatever case; the change log has it in lower case.
        named = {name: str(value).lower() if name == "platform" else value for name, value in asked.arguments.items()}
        tags = frozenset(tag.format(**named) for tag in asked.rule.tags)
        valid_until_s = min(inner.get(VALID_UNTIL, float("inf")), self._clock() + kept_for_s)
        found = entry(status, headers, body, route, tags, number, valid_until_s)
        if self._keep(asked.key, found) and status.startswith("200"):
            self._shared.keep(asked.key, found)
        return Answer(found)

    def _keep(self, key: Hashable, found: Entry) -> bool:
        """Keeps the entry unless it has been overtaken; False then."""
        if self._watcher.outdates(found.number, found.tags):
            return False
        self._memory.keep(key, found)
        if self._watcher.outdates(found.number, found.tags):
            # The news came between the question and the keeping: what it was to mark was not there yet.
            self._memory.outdate(found.number + 1, found.tags)
            return False
        return True

    def _send(
        self, outcome: str, answer: Answer, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        self._count(outcome)
        found = answer.entry
        if found is None:
            environ[ROUTE] = answer.route
            start_response(answer.status, list(answer.headers))
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]
        environ[ROUTE] = found.route
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        encoding = _best(accepted if len(accepted) <= _LONGEST_ACCEPT else "", len(found.bodies) > 1)
        body = found.bodies[encoding]
        common = [*found.headers, ("ETag", found.etag_of(encoding)), ("Vary", "Accept-Encoding")]
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and found.status.startswith("200") and found.is_known(known):
            start_response("304 Not Modified", [pair for pair in common if pair[0].lower() != "content-type"])
            return []
        if encoding != "identity":
            common.append(("Content-Encoding", encoding))
        start_response(found.status, [*common, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _is_for_everyone(environ: "WSGIEnvironment") -> bool:
    """Whether the request says nothing of who asks."""
    return (
        environ.get("REQUEST_METHOD") in ("GET", "HEAD")
        and "HTTP_AUTHORIZATION" not in environ
        and "HTTP_COOKIE" not in environ
        and not environ.get("PATH_INFO", "").startswith("/static/")
    )


def _is_private(headers: Iterable[tuple[str, str]]) -> bool:
    named = {name.lower(): value.lower() for name, value in headers}
    control = named.get("cache-control", "")
    return "set-cookie" in named or "no-store" in control or "private" in control


def _stripped(environ: "WSGIEnvironment", asked: Asked) -> "WSGIEnvironment":
    """The request as everyone's: no header of the client's is left that could show in the page."""
    kept = {name: value for name, value in environ.items() if not name.startswith("HTTP_") and name not in _FORGOTTEN}
    scheme, host = asked.origin if asked.rule.absolute else _PLACEHOLDER
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
