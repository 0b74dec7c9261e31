"""Liveness, startup and readiness of the process. Checks of MongoDB and Redis run in the background.

`/livez` does not depend on them: a restart would not repair MongoDB or Redis.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pymongo
import structlog
from flask import Blueprint, Response
from pymongo.errors import PyMongoError
from redis import RedisError

from app import errors
from app.extensions import PING_TIMEOUT_S, mongo, redis
from app.http import probes
from app.telemetry import metrics

log = structlog.get_logger()

# Fresh enough for a probe every 5 s, and one check a worker is no load. Above the timeout of a ping, so that an outage
# is detected in the round in which it begins.
PERIOD_S = 2.0
# One lost packet or one election must not take every replica out of the Service at once.
FAILURES_UNTIL_UNREADY = 3

Check = Callable[[], Any]


def _mongodb() -> None:
    try:
        mongo.ping()
    except PyMongoError as error:
        # So that fewer visitors wait for the timeout before the circuit breaker opens.
        mongo.note_failure(error)
        raise


def _redis() -> None:
    try:
        redis.client.ping()
    except (RedisError, OSError):
        # So that fewer visitors wait for the timeout.
        redis.breaker.failed()
        raise


class Health:
    """The state of this process and its dependencies.

    Ready means: not draining, MongoDB was reached at least once and had its indexes, and no required dependency has
    failed three checks in a row. An unready process is never restarted for it.
    """

    def __init__(
        self,
        requires: frozenset[str],
        missing_indexes: Callable[[], list[str]],
        checks: Mapping[str, Check] | None = None,
    ) -> None:
        self._requires = requires
        self._missing_indexes = missing_indexes
        self._checks = checks or {"mongodb": _mongodb, "redis": _redis}
        self._failures = dict.fromkeys(self._checks, 0)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._waiting_for: str | None = "the first checks"
        self._draining = False
        self.has_started = False

    def start(self) -> None:
        """Start the background checks. Call it after the fork, which threads and connections do not survive."""
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the background checks."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * PING_TIMEOUT_S)

    def drain(self) -> None:
        """Report unready from now on. Only sets a flag, because a signal handler calls it."""
        self._draining = True

    def unready(self) -> list[str]:
        """The reasons why this process should get no traffic; empty if it is ready."""
        reasons = ["draining"] if self._draining else []
        if self._waiting_for is not None:
            reasons.append(f"waiting for {self._waiting_for}")
        return reasons + [
            f"{name} is unreachable"
            for name, failures in sorted(self._failures.items())
            if name in self._requires and failures >= FAILURES_UNTIL_UNREADY
        ]

    def check(self) -> None:
        """Run one round of checks. Failures of a dependency are recorded, not raised."""
        # Before the checks: a restart of this process would repair neither MongoDB nor a DNS server that hangs.
        self.has_started = True
        for name, check in self._checks.items():
            self._record(name, _error_of(check))
        if self._waiting_for is not None:
            self._check_store()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.check()
            except Exception as error:
                # Any fault: if the thread ended, readiness would never change again.
                log.error("health_check_failed", exc_info=error)
            self._stopping.wait(PERIOD_S)

    def _record(self, name: str, error: str | None) -> None:
        before = self._failures[name]
        self._failures[name] = before + 1 if error else 0
        metrics.dependency_up.labels(name).set(0 if error else 1)
        if error and before == 0:
            log.warning("dependency_down", dependency=name, error=error)
        elif before and not error:
            log.info("dependency_up", dependency=name, failed_checks=before)

    def _check_store(self) -> None:
        waiting_for = self._missing()
        if waiting_for != self._waiting_for:
            if waiting_for is None:
                log.info("store_ready")
            else:
                log.warning("not_ready", waiting_for=waiting_for)
        self._waiting_for = waiting_for

    def _missing(self) -> str | None:
        if self._failures.get("mongodb"):
            return "MongoDB"
        try:
            with pymongo.timeout(2 * PING_TIMEOUT_S):
                missing = self._missing_indexes()
        except PyMongoError:
            return "MongoDB"
        return f"{len(missing)} indexes (run `halocline indexes`)" if missing else None


def _error_of(check: Check) -> str | None:
    """The name of the error only: a driver's message may contain host names, and with an invalid URI a password."""
    try:
        check()
    except (PyMongoError, RedisError, OSError, ValueError) as error:
        return errors.name_of(error)
    return None


def report_circuit(dependency: str, is_open: bool) -> None:
    """Log and measure a change of the circuit breaker of MongoDB or Redis."""
    metrics.circuit_breaker_open.labels(dependency).set(is_open)
    if is_open:
        log.warning("circuit_breaker_opened", dependency=dependency)
    else:
        log.info("circuit_breaker_closed", dependency=dependency)


def blueprint(health: Health) -> Blueprint:
    """The three probes over this state."""
    bp = Blueprint("health", __name__)

    @bp.get(probes.LIVE)
    def live() -> Response:
        """200 as long as the process can answer at all."""
        return _probe(True)

    @bp.get(probes.STARTED)
    def started() -> Response:
        """200 once the first checks have begun; their results only affect readiness."""
        return _probe(health.has_started)

    @bp.get(probes.READY)
    def ready() -> Response:
        """200 if this process should get traffic, else 503 with the reasons."""
        reasons = health.unready()
        return _probe(not reasons, reasons=reasons)

    return bp


def _probe(is_ok: bool, **fields: Any) -> Response:
    body = orjson.dumps({"ok": is_ok, **fields})
    response = Response(body, 200 if is_ok else 503, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
