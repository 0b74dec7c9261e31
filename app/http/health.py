"""Health: is the process alive, has it started, should it get traffic. Checks run in the background.

Only the process itself decides `/livez`: a restart heals nothing that is wrong with a neighbour.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pymongo
import structlog
from flask import Blueprint, Flask, Response, current_app
from pymongo import ReadPreference
from pymongo.errors import PyMongoError
from redis import RedisError

from app import metrics
from app.config import Settings
from app.extensions import mongo, redis
from app.http import probes

log = structlog.get_logger()
bp = Blueprint("health", __name__)

# Fresh enough for a probe every 5 s, and one check a worker is no load.
PERIOD_S = 2.0
# Below the period, so that an outage is noticed in the round in which it happens.
DEADLINE_S = 1.0
# One lost packet or one election must not take every replica out of the Service at once.
FAILURES_UNTIL_UNREADY = 3

Check = Callable[[], Any]


def _mongodb() -> None:
    # A secondary answers reads too: an election is not an outage.
    with pymongo.timeout(DEADLINE_S):
        mongo.client.admin.command("ping", read_preference=ReadPreference.PRIMARY_PREFERRED)


def _redis() -> None:
    redis.client.ping()


class Health:
    """What this process knows of itself and its neighbours.

    Ready means: not draining, MongoDB was seen at least once with its indexes, and no required dependency has failed
    three checks in a row. Nothing of this restarts a process.
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
        self.started = False

    def start(self) -> None:
        """Begins to check in the background. After a fork: threads and connections do not survive one."""
        self._thread = threading.Thread(target=self._watch, name="health", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the background checks."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * DEADLINE_S)

    def drain(self) -> None:
        """From now on unready. Only sets a flag: it is called by a signal handler."""
        self._draining = True

    def unready(self) -> list[str]:
        """Why this process should get no traffic; empty when it should."""
        reasons = ["draining"] if self._draining else []
        if self._waiting_for is not None:
            reasons.append(f"waiting for {self._waiting_for}")
        return reasons + [
            f"{name} is away"
            for name, failures in sorted(self._failures.items())
            if name in self._requires and failures >= FAILURES_UNTIL_UNREADY
        ]

    def check(self) -> None:
        """One round of checks. Never raises for what a neighbour does."""
        # Before anybody is asked: restarting this process would not bring MongoDB back, nor a name service that hangs.
        self.started = True
        for name, check in self._checks.items():
            self._note(name, _error_of(check))
        if self._waiting_for is not None:
            self._look_for_the_store()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self.check()
            except Exception as error:
                # Whatever it was: a thread that ended would freeze readiness as it stood.
                log.error("health_check_failed", exc_info=error)
            self._stopping.wait(PERIOD_S)

    def _note(self, name: str, error: str | None) -> None:
        before = self._failures[name]
        self._failures[name] = before + 1 if error else 0
        metrics.dependency_up.labels(name).set(0 if error else 1)
        if error and before == 0:
            log.warning("dependency_down", dependency=name, error=error)
        elif before and not error:
            log.info("dependency_back", dependency=name, failed_checks=before)

    def _look_for_the_store(self) -> None:
        waiting_for = self._still_missing()
        if waiting_for != self._waiting_for:
            if waiting_for is None:
                log.info("store_found")
            else:
                log.warning("not_ready", waiting_for=waiting_for)
        self._waiting_for = waiting_for

    def _still_missing(self) -> str | None:
        if self._failures.get("mongodb"):
            return "MongoDB"
        try:
            with pymongo.timeout(2 * DEADLINE_S):
                missing = self._missing_indexes()
        except PyMongoError:
            return "MongoDB"
        return f"{len(missing)} indexes (run `halocline indexes`)" if missing else None


def _error_of(check: Check) -> str | None:
    """The kind of error only: a driver's message may name hosts and, in a bad URI, more."""
    try:
        check()
    except (PyMongoError, RedisError, OSError, ValueError) as error:
        return type(error).__name__
    return None


def install(app: Flask, settings: Settings, missing_indexes: Callable[[], list[str]]) -> None:
    """Adds the three probes. Checks begin with `of(app).start()`."""
    app.extensions["health"] = Health(settings.ready_requires, missing_indexes)
    app.register_blueprint(bp)


def of(app: Flask) -> Health:
    """The health of an application."""
    health: Health = app.extensions["health"]
    return health


def _answer(ok: bool, **fields: Any) -> Response:
    response = Response(orjson.dumps({"ok": ok, **fields}), 200 if ok else 503, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get(probes.LIVE)
def live() -> Response:
    """200 as long as the process can answer at all."""
    return _answer(True)


@bp.get(probes.STARTED)
def started() -> Response:
    """200 once the first checks have begun: what they find is for readiness."""
    return _answer(of(current_app).started)


@bp.get(probes.READY)
def ready() -> Response:
    """200 when this process should get traffic, else 503 with the reasons."""
    reasons = of(current_app).unready()
    return _answer(not reasons, reasons=reasons)
