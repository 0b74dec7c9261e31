"""Rate limits: how many costly requests a client may send in a minute. Cache hits are never counted.

Counts are in Redis, for all pods; while it is unreachable each worker counts for itself.
"""

import threading
from collections.abc import Callable
from time import time
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Response, request
from flask_limiter import ApplicationLimit, Limiter
from flask_limiter.errors import RateLimitExceeded
from limits.storage import MemoryStorage
from redis import RedisError
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.retry import Retry

from app.config import Settings
from app.http import api_urls, client_address, problems
from app.telemetry import metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = structlog.get_logger()

API = "api"
SEARCH = "search"
EXPORT = "export"
POLICIES = (API, SEARCH, EXPORT)
WINDOW_S = 60

_ADMITTED = "halocline.admitted"
# Every other route under /api/ has the policy `api`.
POLICY_BY_ROUTE = {
    "/search": SEARCH,
    f"{api_urls.ROOT}/search": SEARCH,
    f"{api_urls.ROOT}/export": EXPORT,
    f"{api_urls.ROOT}/observations": EXPORT,
    f"{api_urls.MISSION_ROUTE}/data": EXPORT,
}

Admit = Callable[["WSGIEnvironment"], Response | None]


def policy_of(rule: str | None) -> str | None:
    """The policy of a URL rule; None if it is not limited."""
    if rule is None:
        return None
    return POLICY_BY_ROUTE.get(rule) or (API if rule.startswith("/api/") else None)


def install(app: Flask, settings: Settings) -> None:
    """Register the hooks that count and refuse requests. Opens no connection."""
    per_min = {API: settings.api_per_min, SEARCH: settings.searches_per_min, EXPORT: settings.exports_per_min}
    proxies = client_address.proxies(settings.forwarded_allow_ips)

    def is_other(policy: str) -> Callable[[], bool]:
        return lambda: _policy() != policy

    limiter = Limiter(
        lambda: client_address.budget(proxies.client(request.environ)),
        application_limits=[
            ApplicationLimit(f"{count} per {WINDOW_S} second", scope=policy, exempt_when=is_other(policy))
            for policy, count in per_min.items()
            if count
        ],
        # Two counts a client, and no burst at the start of a minute.
        strategy="sliding-window-counter",
        storage_uri=settings.redis_url,
        storage_options=_storage_options(settings),
        in_memory_fallback_enabled=True,
        key_prefix="halocline:rate",
    )
    # The library logs addresses of clients. `_Decisions` logs what matters, once.
    limiter.logger.disabled = True
    limiter.request_filter(lambda: _policy() is None)
    limiter.init_app(app)
    decisions = _Decisions(limiter)

    @app.before_request
    def count_allowed() -> None:
        # Runs after the hook of the limiter, which raises if it refuses the request.
        policy = _policy()
        if policy is not None and per_min[policy]:
            decisions.count(policy, "allow")

    @app.errorhandler(RateLimitExceeded)
    def refused(_error: RateLimitExceeded) -> Response:
        policy = _policy() or API
        decisions.count(policy, "deny")
        return _refusal(policy, per_min[policy], _seconds_left(limiter))


def _storage_options(settings: Settings) -> dict[str, Any]:
    return {
        "socket_timeout": settings.redis_timeout_s,
        "socket_connect_timeout": settings.redis_timeout_s,
        # Reconnect once if Redis has closed the connection; do not repeat a command that timed out.
        "retry": Retry(NoBackoff(), 1, supported_errors=(NotConnected,)),
        "max_connections": settings.web_threads + 2,
    }


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
            try:
                app.preprocess_request()
            except RateLimitExceeded as error:
                return app.make_response(app.handle_user_exception(error))
        environ[_ADMITTED] = True
        return None

    return admit


def _refusal(policy: str, per_min: int, left_s: int) -> Response:
    detail = f"More than {per_min} requests of this kind in a minute; please try again in {left_s} s."
    # draft-ietf-httpapi-ratelimit-headers-10. Only here, because other responses are cached and shared by all clients.
    headers = [
        ("Retry-After", str(left_s)),
        ("RateLimit-Policy", f'"{policy}";q={per_min};w={WINDOW_S}'),
        ("RateLimit", f'"{policy}";r=0;t={left_s}'),
    ]
    return problems.answer(429, detail, headers=headers)


def _seconds_left(limiter: Limiter) -> int:
    """Seconds until the limit is reset, at least one."""
    broken = limiter.current_limit
    try:
        left_s = broken.reset_at - int(time()) if broken is not None else WINDOW_S
    except RedisError:
        left_s = WINDOW_S  # Redis became unreachable after the refusal.
    return min(max(left_s, 1), WINDOW_S)


class _Decisions:
    """Counts decisions, and logs once when the counts move from Redis to this process, and once when they return."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._is_local = False
        self._lock = threading.Lock()

    def count(self, policy: str, decision: str) -> None:
        is_local = isinstance(self._limiter.limiter.storage, MemoryStorage)
        metrics.rate_limit_decisions.labels(policy, decision, "memory" if is_local else "redis").inc()
        if is_local != self._is_local:
            with self._lock:
                has_changed, self._is_local = is_local != self._is_local, is_local
            if has_changed and is_local:
                log.warning("rate_limits_in_memory", dependency="redis")
            elif has_changed:
                log.info("rate_limits_in_redis")
