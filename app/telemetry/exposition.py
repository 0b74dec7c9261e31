"""The content of `/metrics`: the aggregated metrics of all workers, and those of the store."""

import struct
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_flask_exporter import PrometheusMetrics

from app.telemetry.shared_totals import families
from app.telemetry.store_metrics import StoreMetrics, StoreReads

# A worker may be creating a file during the read; the next attempt finds it complete.
_READS = 5
_READ_PAUSE_S = 0.02

# Names of files begin with the kind of their metrics.
_KINDS = ("counter", "histogram", "gauge")


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
        files = sorted(self._directory.glob("*.db"))
        of_kind = {kind: [str(file) for file in files if file.name.startswith(kind)] for kind in _KINDS}
        try:
            gauges = MultiProcessCollector.merge(of_kind["gauge"])  # type: ignore[no-untyped-call]
            totals = [family for kind in ("counter", "histogram") for family in families(kind, of_kind[kind])]
            return len(files), [*totals, *gauges]
        except (FileNotFoundError, struct.error):
            if attempts_left == 0:
                raise
        time.sleep(_READ_PAUSE_S)
        return self._read(attempts_left - 1)


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


def create_app(directory: Path, reads: StoreReads) -> Flask:
    """The application that serves `/metrics` and `/livez`, and nothing else."""
    app = Flask(__name__, static_folder=None)
    Exposition(SharedFiles(directory), StoreMetrics(reads)).init_app(app)
    app.add_url_rule("/livez", view_func=lambda: {"ok": True}, endpoint="live")
    return app
