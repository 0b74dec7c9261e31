"""Cached pages and searches while 200 connections request searches that no cache holds.

Rate limits are off: the limit for searches would refuse most of the load. `Alone`, the control of the goodput, are the
same searches on as many connections as one worker runs requests at once, so that no worker refuses any.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app import config
from bench import data, load, portals, rates
from bench.measured import Bench, Measured
from bench.rounds import interleaved, ratios

_CONNECTIONS, _CACHED_CONNECTIONS = 200, 2
_SCRIPTS = Path(__file__).parent.parent / "lua"
# A p99 needs some hundred responses.
_LEAST_S = 2
# The searches begin before the cached pages and end after them.
_BEFORE_S, _AFTER_S = 0.5, 1.0
# After the searches the portal still renders those that it has accepted.
_SETTLE_S = 1.0


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `overload_shed`, `overload_p99` and `overload_goodput`."""
    stores = bench.stores
    database = data.prepare(stores.mongodb_uri, stores.redis_url, bench.small)
    addresses = (stores.mongodb_uri, stores.redis_url, database)
    with portals.running(*addresses, bench.folder / "overload.log") as port:
        for path in ("/", "/missions"):
            rates.warm(port, path)
        work = _Rounds(port, max(round(bench.seconds), _LEAST_S))
        results = interleaved([work.overloaded_p99_ms, work.idle_p99_ms, work.alone_per_s], bench.rounds)
    goodput = [succeeded.succeeded_per_s for succeeded in work.searches]
    alone = [values[2] for values in results]
    yield Measured("overload_shed", tuple(float(cached.failed) for cached in work.cached), work.about())
    yield Measured("overload_p99", tuple(ratios(results)), {"p99_ms": _medians(results)[:2]})
    yield Measured(
        "overload_goodput",
        tuple(ratios(list(zip(goodput, alone, strict=True)))),
        {"searches_per_s": [_median(goodput), _median(alone)]},
    )


@dataclass
class _Rounds:
    """Measurements of the portal at a port; the lists have the loads of the overloaded rounds."""

    port: int
    seconds: int
    cached: list[load.Load] = field(default_factory=list)
    searches: list[load.Load] = field(default_factory=list)

    def overloaded_p99_ms(self) -> float:
        """The p99 of the cached pages during the searches, ms."""
        searches = self._searches(_BEFORE_S + self.seconds + _AFTER_S, _CONNECTIONS)
        time.sleep(_BEFORE_S)
        cached = load.finished(self._cached_pages(), may_fail=True)
        self.searches.append(load.finished(searches, may_fail=True))
        self.cached.append(cached)
        time.sleep(_SETTLE_S)
        return cached.p99_ms

    def idle_p99_ms(self) -> float:
        """The p99 of the cached pages without other load, ms."""
        return load.finished(self._cached_pages()).p99_ms

    def alone_per_s(self) -> float:
        """Searches a second on as many connections as one worker runs requests at once."""
        run = load.finished(self._searches(self.seconds, config.load().web_concurrency_limit))
        time.sleep(_SETTLE_S)
        return run.requests_per_s

    def about(self) -> dict[str, Any]:
        """Requests of a median overloaded round."""
        return {
            "cached_requests": _median([load.requests for load in self.cached]),
            "searches": _median([load.requests for load in self.searches]),
            "refused_searches": _median([load.failed for load in self.searches]),
        }

    def _searches(self, seconds: float, connections: int) -> Any:
        return load.begun(self.port, "/", seconds, connections, script=_SCRIPTS / "searches.lua")

    def _cached_pages(self) -> Any:
        script = _SCRIPTS / "cached_pages.lua"
        return load.begun(self.port, "/", self.seconds, _CACHED_CONNECTIONS, rates.BROWSER, script)


def _median(values: Sequence[float]) -> int:
    return round(statistics.median(values))


def _medians(results: list[tuple[float, ...]]) -> list[float]:
    return [round(statistics.median(values), 2) for values in zip(*results, strict=True)]
