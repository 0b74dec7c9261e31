"""The content of `/metrics`: the aggregated metrics of all workers, and counts from the store."""

import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import pymongo
import structlog
from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_flask_exporter import PrometheusMetrics
from pymongo.errors import PyMongoError

from app import errors

log = structlog.get_logger()

ReadCounts = Callable[[], Mapping[str, int]]
# The end of the last verification of the store, seconds since 1970, and the number of differences.
ReadVerified = Callable[[], tuple[float, int] | None]
_Value = TypeVar("_Value")


class BackupTimes(Protocol):
    """Times in seconds since 1970 and a size in bytes; None before the first one."""

    @property
    def backup_s(self) -> float | None: ...

    @property
    def backup_bytes(self) -> int | None: ...

    @property
    def restore_test_s(self) -> float | None: ...


# A scrape times out after 10 s by default; an unreachable database must not use up that time.
STORE_TIMEOUT_S = 1.0
# Bounds the load of many scrapes to one read in 10 s, also while MongoDB is unreachable.
STORE_CACHED_S = 10.0
# A worker may be creating a file during the read; the next attempt finds it complete.
_READS = 5
_READ_PAUSE_S = 0.02


class SharedFiles:
    """Collects the metrics in the workers' files, and the time that this takes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterable[Metric]:
        """The aggregated families. The directory is listed each time, because workers start and stop."""
        started_s = time.perf_counter()
        files, families = self._read()
        yield from families
        yield GaugeMetricFamily("halocline_metrics_multiproc_files", "Metric files of the workers.", value=files)
        yield GaugeMetricFamily(
            "halocline_metrics_collect_seconds",
            "Time it took to read and add up the metric files.",
            value=time.perf_counter() - started_s,
        )

    def _read(self, attempts_left: int = _READS) -> tuple[int, list[Metric]]:
        files = [str(file) for file in self._directory.glob("*.db")]
        try:
            return len(files), list(MultiProcessCollector.merge(files))  # type: ignore[no-untyped-call]
        except (FileNotFoundError, struct.error):
            if attempts_left == 0:
                raise
        time.sleep(_READ_PAUSE_S)
        return self._read(attempts_left - 1)


class _CachedRead(Generic[_Value]):
    """A value from the store, read every ten seconds at most; `default` while the store is unreachable."""

    def __init__(self, read: Callable[[], _Value], default: _Value, clock: Callable[[], float]) -> None:
        self._read, self._default, self._cached = read, default, default
        self._clock = clock
        self._read_at_s: float | None = None
        self._lock = threading.Lock()

    def value(self) -> _Value:
        """The value as it was at most ten seconds ago."""
        with self._lock:
            now_s = self._clock()
            if self._read_at_s is None or now_s - self._read_at_s >= STORE_CACHED_S:
                self._cached, self._read_at_s = self._read_or_default(), now_s
            return self._cached

    def _read_or_default(self) -> _Value:
        try:
            with pymongo.timeout(STORE_TIMEOUT_S):
                return self._read()
        except PyMongoError as error:
            log.warning("store_unreachable", error=errors.name_of(error))
            return self._default


class Imports:
    """Collects the outcomes of imports from the store; no series while the store is unreachable."""

    def __init__(self, counts: ReadCounts, clock: Callable[[], float] = time.monotonic) -> None:
        self._counts: _CachedRead[Mapping[str, int]] = _CachedRead(counts, {}, clock)

    def collect(self) -> Iterable[Metric]:
        """One counter by outcome, at most ten seconds old."""
        family = CounterMetricFamily("halocline_imports", "Imports of files, by outcome.", labels=["outcome"])
        for outcome, count in self._counts.value().items():
            family.add_metric([outcome], count)
        yield family


class Verified:
    """Collects the result of the last verification; no series before the first one, or without the store."""

    def __init__(self, last: ReadVerified, clock: Callable[[], float] = time.monotonic) -> None:
        self._last: _CachedRead[tuple[float, int] | None] = _CachedRead(last, None, clock)

    def collect(self) -> Iterable[Metric]:
        """Two gauges, at most ten seconds old."""
        result = self._last.value()
        if result is None:
            return
        ended_s, differences = result
        yield GaugeMetricFamily(
            "halocline_verified_timestamp_seconds",
            "When the last verification of the whole store ended, seconds since 1970.",
            value=ended_s,
        )
        yield GaugeMetricFamily(
            "halocline_verification_differences", "Differences that the last verification found.", value=differences
        )


# The moment of the last backup and its size, and the end of the last restore test.
ReadBackups = Callable[[], BackupTimes | None]
# The number of parked rebuilds.
ReadParked = Callable[[], int | None]


class Backups:
    """Collects the last backup and restore test; no series before the first ones, or without the store."""

    def __init__(self, last: ReadBackups, clock: Callable[[], float] = time.monotonic) -> None:
        self._last: _CachedRead[BackupTimes | None] = _CachedRead(last, None, clock)

    def collect(self) -> Iterable[Metric]:
        """Up to three gauges, at most ten seconds old."""
        last = self._last.value()
        if last is None:
            return
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


class Parked:
    """Collects the number of parked rebuilds from the store; no series while the store is unreachable."""

    def __init__(self, count: ReadParked, clock: Callable[[], float] = time.monotonic) -> None:
        self._count: _CachedRead[int | None] = _CachedRead(count, None, clock)

    def collect(self) -> Iterable[Metric]:
        """One gauge, at most ten seconds old."""
        count = self._count.value()
        if count is not None:
            yield GaugeMetricFamily(
                "halocline_rebuilds_parked",
                "Derived documents that could not be rebuilt; each waits for a change of its data.",
                value=count,
            )


class Exposition(PrometheusMetrics):  # type: ignore[misc]
    """The library's endpoint with the portal's own collectors; the library's metrics and server stay off."""

    def __init__(self, *collectors: Any) -> None:
        self._collectors = collectors
        super().__init__(app=None, export_defaults=False, registry=CollectorRegistry())

    def generate_metrics(self, accept_header: str | None = None, names: list[str] | None = None) -> tuple[str, str]:
        """The text and its media type. `names` selects metrics; unknown names give an empty text."""
        registry = CollectorRegistry(support_collectors_without_names=True)
        for collector in self._collectors:
            registry.register(collector)
        encode, media_type = choose_encoder(accept_header or "")
        # The encoder only calls `collect`, which the restricted registry has, too.
        text = encode(registry.restricted_registry(names) if names else registry)
        return text.decode(), media_type


def create_app(
    directory: Path,
    counts: ReadCounts,
    verified: ReadVerified = lambda: None,
    backups: ReadBackups = lambda: None,
    parked: ReadParked = lambda: None,
) -> Flask:
    """The application that serves `/metrics` and `/livez`, and nothing else."""
    app = Flask(__name__, static_folder=None)
    Exposition(SharedFiles(directory), Imports(counts), Verified(verified), Backups(backups), Parked(parked)).init_app(
        app
    )
    app.add_url_rule("/livez", view_func=lambda: {"ok": True}, endpoint="live")
    return app
