"""Rate limits: how many costly requests a client may send in a minute. Cache hits are never counted.

Counts are in Redis, for all pods; while it is unreachable each worker counts for itself.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, request

from app.config import Settings
from app.errors import TooMany
from app.extensions import redis
from app.http import api_urls, client_address, problems
from app.http.rate_counters import WINDOW_S, Counters, FailoverCounters, MemoryCounters, RedisCounters
from app.telemetry import dependencies, metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

API = "api"
SEARCH = "search"
EXPORT = "export"
POSITIONS = "positions"
POLICIES = (API, SEARCH, EXPORT, POSITIONS)
# Webhooks of one address in a minute, with wrong signatures, too: each is compared with all secrets. A hundred gliders
# that surface every hour make fewer, also without lists.
POSITIONS_PER_MIN = 120
# Of requests with a wrong API key, beside the policy of their route.
WRONG_KEY = "wrong_key"

_ADMITTED = "halocline.admitted"
_COUNT_WRONG_KEY = "halocline.count_wrong_key"
# Every other route under /api/ has the policy `api`.
POLICY_BY_ROUTE = {
    "/search": SEARCH,
    f"{api_urls.ROOT}/search": SEARCH,
    f"{api_urls.ROOT}/export": EXPORT,
    f"{api_urls.ROOT}/observations": EXPORT,
    f"{api_urls.MISSION_ROUTE}/data": EXPORT,
    f"{api_urls.ROOT}/positions": POSITIONS,
}

Admit = Callable[["WSGIEnvironment"], Response | None]


class _TimedCounters:
    """Counters in Redis; each decision is measured."""

    def __init__(self, redis: Counters) -> None:
        self._redis = redis

    def hit(self, policy: str, per_min: int, client: str) -> int:
        """As `Counters.hit`."""
        return dependencies.timed_redis("rate_limit", lambda: self._redis.hit(policy, per_min, client))


def policy_of(rule: str | None) -> str | None:
    """The policy of a URL rule; None if it is not limited."""
    if rule is None:
        return None
    return POLICY_BY_ROUTE.get(rule) or (API if rule.startswith("/api/") else None)


def install(app: Flask, settings: Settings) -> None:
    """Register the hook that counts and refuses requests. Opens no connection."""
    per_min = {
        API: settings.api_per_min,
        SEARCH: settings.searches_per_min,
        EXPORT: settings.exports_per_min,
        POSITIONS: min(POSITIONS_PER_MIN, settings.api_per_min),
        WRONG_KEY: settings.wrong_keys_per_min,
    }
    proxies = client_address.proxies(settings.forwarded_allow_ips)
    counters = FailoverCounters(_TimedCounters(RedisCounters(settings)), MemoryCounters(), redis.breaker)

    def wait_s(policy: str) -> int:
        """Count a request; the seconds until the client has budget again, 0 if it is allowed."""
        if not per_min[policy]:
            return 0
        client = client_address.budget(proxies.client(request.environ))
        decision = counters.hit(policy, per_min[policy], client)
        is_allowed = decision.wait_s == 0
        metrics.rate_limit_decisions.labels(policy, "allow" if is_allowed else "deny", decision.storage).inc()
        return decision.wait_s

    @app.before_request
    def refuse() -> Response | None:
        policy = _policy()
        seconds = 0 if policy is None else wait_s(policy)
        return None if policy is None or not seconds else _refusal(policy, per_min[policy], seconds)

    app.extensions[_COUNT_WRONG_KEY] = lambda: wait_s(WRONG_KEY)


def count_wrong_key() -> None:
    """Count a wrong API key of this client. Raises TooMany if it has sent too many; a correct key is never refused."""
    if current_app.extensions[_COUNT_WRONG_KEY]():
        raise TooMany("Too many wrong API keys from this address; please try again in a minute.")


def _policy() -> str | None:
    """The policy of this request; None if the page cache has checked it already (`admission`)."""
    if _ADMITTED in request.environ or request.url_rule is None:
        return None
    return policy_of(request.url_rule.rule)


def admission(app: Flask) -> Admit:
    """The check for the page cache: returns the refusal of a request, or None.

    The page cache calls it before it shares one rendering among many requests, because a refusal is for one client.
    """

    def admit(environ: "WSGIEnvironment") -> Response | None:
        if not environ.get("PATH_INFO", "").startswith(("/api/", "/search")):
            return None  # No other page has a limit; this saves matching its route.
        with app.request_context(environ):
            refusal = app.preprocess_request()
            if refusal is not None:
                return app.make_response(refusal)
        environ[_ADMITTED] = True
        return None

    return admit


def _refusal(policy: str, per_min: int, wait_s: int) -> Response:
    detail = f"More than {per_min} requests of this kind in a minute; please try again in {wait_s} s."
    # draft-ietf-httpapi-ratelimit-headers-10. Only here, because other responses are cached and shared by all clients.
    headers = [
        ("Retry-After", str(wait_s)),
        ("RateLimit-Policy", f'"{policy}";q={per_min};w={WINDOW_S}'),
        ("RateLimit", f'"{policy}";r=0;t={wait_s}'),
    ]
    return problems.answer(429, detail, headers=headers)
