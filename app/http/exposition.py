"""What the metrics process answers: the numbers of all workers added up, and those that live in the store."""

import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import pymongo
import structlog
from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_flask_exporter import PrometheusMetrics
from pymongo.errors import PyMongoError

log = structlog.get_logger()

ReadCounts = Callable[[], Mapping[str, int]]
# When the last verification of the store ended, seconds since 1970, and how many differences it found.
ReadVerified = Callable[[], tuple[float, int] | None]
_Value = TypeVar("_Value")

# Prometheus gives up after 10 s by default; a database that is away must not cost it more than a moment.
IMPORTS_DEADLINE_S = 1.0
# Two Prometheus servers at a scrape every 15 s then cost MongoDB a read every 10 s at most, up or down.
IMPORTS_KEPT_S = 10.0
# A worker may be opening its files while we read: the next look finds them whole.
_READS = 5
_READ_PAUSE_S = 0.02


class SharedFiles:
    """Collects what the workers wrote into their slots' files, and how that went."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterable[Metric]:
        """The families of all workers added up. Read anew each time: workers come and go."""
        began = time.perf_counter()
        files, families = self._read()
        yield from families
        yield GaugeMetricFamily(
            "halocline_metrics_multiproc_files", "Files that the workers share their numbers in.", value=files
        )
        yield GaugeMetricFamily(
            "halocline_metrics_collect_seconds", "Time it took to add them up.", value=time.perf_counter() - began
        )

    def _read(self, reads_left: int = _READS) -> tuple[int, list[Metric]]:
        files = [str(file) for file in self._directory.glob("*.db")]
        try:
            return len(files), list(MultiProcessCollector.merge(files))  # type: ignore[no-untyped-call]
        except (FileNotFoundError, struct.error):
            if reads_left == 0:
                raise
        time.sleep(_READ_PAUSE_S)
        return self._read(reads_left - 1)


class _Kept(Generic[_Value]):
    """What the store says, asked every ten seconds at most; `nothing` while it is away."""

    def __init__(self, ask: Callable[[], _Value], nothing: _Value, clock: Callable[[], float]) -> None:
        self._ask, self._nothing, self._known = ask, nothing, nothing
        self._clock = clock
        self._asked_at: float | None = None
        self._lock = threading.Lock()

    def now(self) -> _Value:
        """As it was at most ten seconds ago."""
        with self._lock:
            now = self._clock()
            if self._asked_at is None or now - self._asked_at >= IMPORTS_KEPT_S:
                self._known, self._asked_at = self._asked(), now
            return self._known

    def _asked(self) -> _Value:
        try:
            with pymongo.timeout(IMPORTS_DEADLINE_S):
                return self._ask()
        except PyMongoError as error:
            log.warning("store_unavailable", error=type(error).__name__)
            return self._nothing


class Imports:
    """Collects the outcomes of imports from the store; no series while the store is away."""

    def __init__(self, counts: ReadCounts, clock: Callable[[], float] = time.monotonic) -> None:
        self._counts: _Kept[Mapping[str, int]] = _Kept(counts, {}, clock)

    def collect(self) -> Iterable[Metric]:
        """One counter, with the outcomes as they were at most ten seconds ago."""
        family = CounterMetricFamily("halocline_imports", "Imports of files, by outcome.", labels=["outcome"])
        for outcome, count in self._counts.now().items():
            family.add_metric([outcome], count)
        yield family


class Verified:
    """Collects what came of the last verification; no series before the first, and while the store is away."""

    def __init__(self, last: ReadVerified, clock: Callable[[], float] = time.monotonic) -> None:
        self._last: _Kept[tuple[float, int] | None] = _Kept(last, None, clock)

    def collect(self) -> Iterable[Metric]:
        """Two gauges, as they were at most ten seconds ago."""
        found = self._last.now()
        if found is None:
            return
        ended_s, differences = found
        yield GaugeMetricFamily(
            "halocline_verified_timestamp_seconds",
            "When the last verification of the whole store ended, seconds since 1970.",
            value=ended_s,
        )
        yield GaugeMetricFamily("halocline_verification_differences", "Differences that it found.", value=differences)


class Exposition(PrometheusMetrics):  # type: ignore[misc]
    """The exporter's endpoint over collectors of our own; its default metrics and its server stay off."""

    def __init__(self, *collectors: Any) -> None:
        self._collectors = collectors
        super().__init__(app=None, export_defaults=False, registry=CollectorRegistry())

    def generate_metrics(self, accept_header: str | None = None, names: list[str] | None = None) -> tuple[str, str]:
        """The text and its media type. A fresh registry each time; names no collector knows give an empty answer."""
        registry = CollectorRegistry(support_collectors_without_names=True)
        for collector in self._collectors:
            registry.register(collector)
        encode, media_type = choose_encoder(accept_header or "")
        # The restricted one quacks like a registry, which is all that the encoder asks for.
        text = encode(registry.restricted_registry(names) if names else registry)
        return text.decode(), media_type


def create_app(directory: Path, counts: ReadCounts, verified: ReadVerified = lambda: None) -> Flask:
    """Answers `/metrics` and `/livez`, and nothing else."""
    app = Flask(__name__, static_folder=None)
    Exposition(SharedFiles(directory), Imports(counts), Verified(verified)).init_app(app)
    app.add_url_rule("/livez", view_func=lambda: {"ok": True}, endpoint="live")
    return app
