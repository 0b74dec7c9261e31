"""Rate limits: how many costly requests a client may send in a minute. What the page cache answers is never counted.

Counts live in Redis, for all pods; while it is away each worker counts for itself.
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

from app import metrics
from app.config import Settings
from app.http import api_urls, client_address, problems

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = structlog.get_logger()

API = "api"
SEARCH = "search"
EXPORT = "export"
POLICIES = (API, SEARCH, EXPORT)
WINDOW_S = 60

_ADMITTED = "halocline.admitted"
# Whatever is not named here and stands under /api/ is `api`.
DOORS = {
    "/search": SEARCH,
    f"{api_urls.ROOT}/search": SEARCH,
    f"{api_urls.ROOT}/export": EXPORT,
    f"{api_urls.ROOT}/observations": EXPORT,
    f"{api_urls.MISSION_ROUTE}/data": EXPORT,
}

Admit = Callable[["WSGIEnvironment"], Response | None]


def policy_of(rule: str | None) -> str | None:
    """The policy that a URL rule is under; None when it is not limited."""
    if rule is None:
        return None
    return DOORS.get(rule) or (API if rule.startswith("/api/") else None)


def install(app: Flask, settings: Settings) -> None:
    """Limits the doors of an application. Connects to nothing; `app.extensions["admit"]` is for the page cache."""
    per_min = {API: settings.api_per_min, SEARCH: settings.searches_per_min, EXPORT: settings.exports_per_min}
    proxies = client_address.proxies(settings.forwarded_allow_ips)

    def elsewhere(policy: str) -> Callable[[], bool]:
        return lambda: _policy() != policy

    limiter = Limiter(
        lambda: client_address.budget(proxies.client(request.environ)),
        application_limits=[
            ApplicationLimit(f"{count} per {WINDOW_S} second", scope=policy, exempt_when=elsewhere(policy))
            for policy, count in per_min.items()
            if count
        ],
        # Two counts a client, and no burst at the turn of a minute.
        strategy="sliding-window-counter",
        storage_uri=settings.redis_url,
        storage_options=_storage_options(settings),
        in_memory_fallback_enabled=True,
        key_prefix="halocline:rate",
    )
    # It writes addresses into the log. What matters about it we log ourselves, once.
    limiter.logger.disabled = True
    limiter.request_filter(lambda: _policy() is None)
    limiter.init_app(app)
    counting = _Counting(limiter)

    @app.before_request
    def allowed() -> None:
        # Comes after the limiter's own: whoever gets here was let in.
        policy = _policy()
        if policy is not None and per_min[policy]:
            counting.decided(policy, "allow")

    @app.errorhandler(RateLimitExceeded)
    def refused(_error: RateLimitExceeded) -> Response:
        policy = _policy() or API
        counting.decided(policy, "deny")
        return _refusal(policy, per_min[policy], _seconds_left(limiter))

    app.extensions["admit"] = _admission(app)


def _storage_options(settings: Settings) -> dict[str, Any]:
    return {
        "socket_timeout": settings.redis_timeout_s,
        "socket_connect_timeout": settings.redis_timeout_s,
        # For a connection that Redis closed meanwhile. A late answer is not waited for twice.
        "retry": Retry(NoBackoff(), 1, supported_errors=(NotConnected,)),
        "max_connections": settings.web_threads + 2,
    }


def _policy() -> str | None:
    """The policy that this request has to keep; None when it was admitted before, by the page cache."""
    if _ADMITTED in request.environ or request.url_rule is None:
        return None
    return policy_of(request.url_rule.rule)


def _admission(app: Flask) -> Admit:
    """Decides for the page cache, before it shares one rendering among many: a refusal is for its asker alone."""

    def admit(environ: "WSGIEnvironment") -> Response | None:
        if not environ.get("PATH_INFO", "").startswith("/api/"):
            return None  # Pages that are kept are free; this saves them the matching of their address.
        with app.request_context(environ):
            try:
                app.preprocess_request()
            except RateLimitExceeded as error:
                return app.make_response(app.handle_user_exception(error))
        environ[_ADMITTED] = True
        return None

    return admit


def _refusal(policy: str, per_min: int, left_s: int) -> Response:
    detail = f"More than {per_min} requests of this kind in a minute; please go on in {left_s} s."
    # draft-ietf-httpapi-ratelimit-headers-10. Only here: other answers are kept and shared, and the same for everyone.
    headers = [
        ("Retry-After", str(left_s)),
        ("RateLimit-Policy", f'"{policy}";q={per_min};w={WINDOW_S}'),
        ("RateLimit", f'"{policy}";r=0;t={left_s}'),
    ]
    return problems.answer(429, detail, headers=headers)


def _seconds_left(limiter: Limiter) -> int:
    """Until the budget is whole again, at least a second."""
    broken = limiter.current_limit
    try:
        left_s = broken.reset_at - int(time()) if broken is not None else WINDOW_S
    except RedisError:
        left_s = WINDOW_S  # It went away between the refusal and this question.
    return min(max(left_s, 1), WINDOW_S)


class _Counting:
    """Counts decisions, and says once when the counts move from Redis into this process, and once when they return."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._alone = False
        self._lock = threading.Lock()

    def decided(self, policy: str, decision: str) -> None:
        alone = isinstance(self._limiter.limiter.storage, MemoryStorage)
        metrics.rate_limit_decisions.labels(policy, decision, "memory" if alone else "redis").inc()
        if alone != self._alone:
            with self._lock:
                changed, self._alone = alone != self._alone, alone
            if changed and alone:
                log.warning("rate_limits_in_memory", dependency="redis")
            elif changed:
                log.info("rate_limits_in_redis")
