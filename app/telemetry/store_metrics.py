"""Metrics that come from the store: imports, the age of data and of derived documents, verifications, backups.

The metrics process reads them, so every pod reports the same values.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import pymongo
import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from pymongo.errors import PyMongoError

from app import errors
from app.telemetry import queue_metrics
from app.telemetry.queue_metrics import QueueReads

log = structlog.get_logger()

# For all reads together: a scrape times out after 8 s, and an unreachable database must not use up that time.
STORE_TIMEOUT_S = 1.0
# Bounds the load of many scrapes to one read in 10 s, also while MongoDB is unreachable.
STORE_CACHED_S = 10.0
# Bounds the series of a fleet of any size.
MOST_PLATFORMS = 200


class BackupTimes(Protocol):
    """Times in seconds since 1970 and a size in bytes; None before the first one."""

    @property
    def backup_s(self) -> float | None: ...

    @property
    def backup_bytes(self) -> int | None: ...

    @property
    def restore_test_s(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class StoreReads:
    """The reads of the store. Each may raise pymongo's errors; its metrics are then absent.

    `imports`: the number of imports by outcome. `profiles`: the number of profiles in stored files. `last_data`: the
    time of the newest data of each active platform. `reporting`: the number of platforms at sea by state. `waiting`:
    since when the oldest rebuild of each kind of derived document waits, None if none waits. `parked`: the number of
    rebuilds that failed. `verified`: the end of the last verification, seconds since 1970, and its differences.
    `queue`: the reads of the queue.
    """

    imports: Callable[[], Mapping[str, int]] = dict
    profiles: Callable[[], int | None] = lambda: None
    last_data: Callable[[], Mapping[str, datetime]] = dict
    reporting: Callable[[], Mapping[str, int]] = dict
    waiting: Callable[[], Mapping[str, datetime | None]] = dict
    parked: Callable[[], int | None] = lambda: None
    verified: Callable[[], tuple[float, int] | None] = lambda: None
    backups: Callable[[], BackupTimes | None] = lambda: None
    queue: QueueReads = field(default_factory=QueueReads)


class StoreMetrics:
    """Collects the metrics, at most ten seconds old. Those whose read failed are absent."""

    def __init__(
        self,
        reads: StoreReads,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._families: dict[str, tuple[Callable[[], Any], Callable[[Any], Iterable[Metric]]]] = {
            "imports": (reads.imports, _imports),
            "profiles": (reads.profiles, _profiles),
            "last_data": (reads.last_data, self._data_age),
            "reporting": (reads.reporting, _reporting),
            "waiting": (reads.waiting, self._derived_age),
            "parked": (reads.parked, _parked),
            "verified": (reads.verified, _verified),
            "backups": (reads.backups, _backups),
            "task_counts": (reads.queue.counts, queue_metrics.counts),
            "parked_tasks": (reads.queue.parked, queue_metrics.parked),
            "schedule": (reads.queue.schedule, queue_metrics.schedule),
            # Last: the wait for an unreachable broker must not use up the time of the store.
            "queue": (reads.queue.state, queue_metrics.state),
        }
        self._clock, self._now = clock, now
        self._values: dict[str, Any] = {}
        self._read_at_s: float | None = None
        self._lock = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        """The families. Ages are those of this moment."""
        with self._lock:
            now_s = self._clock()
            if self._read_at_s is None or now_s - self._read_at_s >= STORE_CACHED_S:
                self._values, self._read_at_s = self._read(), now_s
            values = self._values
        for name, value in values.items():
            yield from self._families[name][1](value)

    def _read(self) -> dict[str, Any]:
        """The results of all reads that succeed and return something, within one timeout."""
        values: dict[str, Any] = {}
        failures: dict[str, str] = {}
        with pymongo.timeout(STORE_TIMEOUT_S):
            for name, (read, _) in self._families.items():
                try:
                    value = read()
                except PyMongoError as error:
                    failures[name] = errors.name_of(error)
                else:
                    values |= {} if value is None else {name: value}
        for name, error_name in list(failures.items())[:1]:
            # The others fail for the same reason, or because the first one used up the time.
            log.warning("store_unreachable", read=name, error=error_name)
        return values

    def _data_age(self, last_data: Mapping[str, datetime]) -> Iterable[Metric]:
        family = GaugeMetricFamily(
            "halocline_data_age_seconds",
            "Age of the newest data of each active platform; at most 200 platforms, those with the newest data.",
            labels=["platform"],
        )
        newest = sorted(last_data.items(), key=lambda item: item[1], reverse=True)[:MOST_PLATFORMS]
        for platform, at in newest:
            family.add_metric([platform], self._age_s(at))
        yield family

    def _derived_age(self, waiting: Mapping[str, datetime | None]) -> Iterable[Metric]:
        family = GaugeMetricFamily(
            "halocline_derived_age_seconds",
            "How long the oldest rebuild of these derived documents has waited; 0 if none waits.",
            labels=["document"],
        )
        for document, since in waiting.items():
            family.add_metric([document], 0 if since is None else self._age_s(since))
        yield family

    def _age_s(self, at: datetime) -> float:
        # Clocks of gliders and of importers may be ahead of this one.
        return max((self._now() - at).total_seconds(), 0)


def _imports(counts: Mapping[str, int]) -> Iterable[Metric]:
    family = CounterMetricFamily("halocline_imports", "Imports of files, by outcome.", labels=["outcome"])
    for outcome, count in counts.items():
        family.add_metric([outcome], count)
    yield family


def _profiles(count: int) -> Iterable[Metric]:
    yield CounterMetricFamily("halocline_profiles_ingested", "Profiles in files that imports stored.", value=count)


def _reporting(counts: Mapping[str, int]) -> Iterable[Metric]:
    family = GaugeMetricFamily(
        "halocline_platforms", "Platforms at sea, by state: on_time, late or silent.", labels=["state"]
    )
    for state, count in counts.items():
        family.add_metric([state], count)
    yield family


def _parked(count: int) -> Iterable[Metric]:
    yield GaugeMetricFamily(
        "halocline_rebuilds_parked",
        "Derived documents that could not be rebuilt; each waits for a change of its data.",
        value=count,
    )


def _verified(result: tuple[float, int]) -> Iterable[Metric]:
    ended_s, differences = result
    yield GaugeMetricFamily(
        "halocline_verified_timestamp_seconds",
        "When the last verification of the whole store ended, seconds since 1970.",
        value=ended_s,
    )
    yield GaugeMetricFamily(
        "halocline_verification_differences", "Differences that the last verification found.", value=differences
    )


def _backups(last: BackupTimes) -> Iterable[Metric]:
    for name, description, value in (
        (
            "halocline_backup_timestamp_seconds",
            "The moment whose state the last complete backup holds, seconds since 1970.",
            last.backup_s,
        ),
        ("halocline_backup_bytes", "Stored size of the last complete backup.", last.backup_bytes),
        (
            "halocline_restore_test_timestamp_seconds",
            "When the last successful restore test ended, seconds since 1970.",
            last.restore_test_s,
        ),
    ):
        if value is not None:
            yield GaugeMetricFamily(name, description, value=value)
