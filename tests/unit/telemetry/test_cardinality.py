"""Labels are bounded, and the catalogue lists all of them."""

import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import product
from math import inf
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from app.commands import probe
from app.commands.probe_journey import Step
from app.domain import reporting
from app.store import counters
from app.store.backup_records import BackupTimes
from app.telemetry import exposition, metrics, observe, request_series
from app.telemetry.request_series import RequestDurations
from app.telemetry.store_metrics import StoreMetrics, StoreReads
from tests import queue_reads

CATALOGUE = Path(__file__).parents[3] / "docs" / "metrics.md"
# What docs/metrics.md promises.
SERIES_A_POD = 3000
NOW = datetime(2026, 7, 1, tzinfo=UTC)
DOCUMENTS = ("basins", "tracks", "updates", "subtotals", "totals", "sections")
READS = StoreReads(
    imports=lambda: dict.fromkeys(counters.OUTCOMES, 1),
    profiles=lambda: 1,
    # A fleet of any size.
    last_data=lambda: {f"sea{n:03}": NOW - timedelta(minutes=n) for n in range(300)},
    reporting=lambda: dict.fromkeys(reporting.STATES, 1),
    waiting=lambda: dict.fromkeys(DOCUMENTS, NOW),
    parked=lambda: 1,
    verified=lambda: (1.0, 0),
    backups=lambda: BackupTimes(1.0, 1, 1.0),
    queue=queue_reads.FULL,
)


def label_sets():
    return {
        tuple(sample.labels.items())
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "http_server_request_duration_seconds_count"
    }


def exposed(families):
    """The samples of the families without those that workers do not expose."""
    return [sample for family in families for sample in family.samples if not sample.name.endswith("_created")]


def test_requests_cannot_create_series(portal, call):
    known = [(path, method) for path in ("/x", "/api/v1/x", "/static/x") for method in ("GET", "PUT", "BREW")]
    _ = [call(portal, path, REQUEST_METHOD=method) for path, method in known]
    before = label_sets()
    invented = [(f"{prefix}/{n}", f"BREW{n}") for n in range(100) for prefix in ("/x", "/api/v1/x", "/static/x")]
    _ = [call(portal, path, REQUEST_METHOD=method) for path, method in invented]
    _ = [call(portal, path, REQUEST_METHOD="GET") for path, _ in invented]

    assert label_sets() == before


def test_all_combinations_of_labels_fit_the_number_of_series(portal, tmp_path):
    registry = CollectorRegistry()
    durations = RequestDurations("Every request that a pod can answer.", registry)
    methods = (*request_series.METHODS, request_series.OTHER_METHOD)
    statuses = map(str, range(200, 600))
    _ = [durations.labels(*labels) for labels in product(methods, observe.known_routes(portal), statuses)]
    _ = [metrics.active_requests.labels(method) for method in methods]
    _ = [metrics.dependency_up.labels(dependency) for dependency in ("mongodb", "redis")]
    of_requests = exposed(registry.collect())
    of_store = exposed(StoreMetrics(READS, now=lambda: NOW).collect())
    others = [
        *exposed(family for family in metrics.registry.collect() if family.name != request_series.NAME),
        *exposed(exposition.SharedFiles(tmp_path).collect()),
    ]

    assert len(of_requests) + len(of_store) + len(others) <= SERIES_A_POD


@pytest.mark.parametrize(
    ("request_labels", "counted_labels"),
    [
        (("GET", "/missions/<platform>/<mission>", "200"), ("GET", "/missions/<platform>/<mission>", "200")),
        (("GET", "/stats", "304"), ("GET", "/stats", "304")),
        (("GET", "/stats", "503"), ("GET", "/stats", "503")),
        (("GET", "/missions/<platform>/<mission>", "404"), ("GET", "/missions/<platform>/<mission>", "404")),
        (("GET", "__unmatched__", "404"), ("GET", "__unmatched__", "404")),
        (("GET", "/stats", "404"), ("GET", "/stats", "4xx")),
        (("GET", "/search", "429"), ("GET", "/search", "4xx")),
        (("GET", "/stats", "308"), ("GET", "__other__", "3xx")),
        (("GET", "/stats", "502"), ("GET", "__other__", "5xx")),
        (("HEAD", "/stats", "200"), ("HEAD", "__other__", "2xx")),
        (("HEAD", "/stats", "500"), ("HEAD", "__other__", "5xx")),
        (("DELETE", "/stats", "405"), ("_OTHER", "__other__", "4xx")),
        (("_OTHER", "__unmatched__", "404"), ("_OTHER", "__other__", "4xx")),
    ],
)
def test_labels_are_kept_where_they_help(request_labels, counted_labels):
    assert request_series.labels_of(*request_labels) == counted_labels


def test_errors_match_the_selector_of_the_rules(portal):
    labels = [
        request_series.labels_of(method, "/stats", str(status))
        for method in ("GET", "HEAD")
        for status in range(200, 600)
    ]

    assert {re.fullmatch("5..", label[2]) is not None for label in labels[300:400] + labels[700:]} == {True}
    assert {re.fullmatch("5..", label[2]) for label in labels[:300] + labels[400:700]} == {None}


def test_a_sum_over_all_requests_is_a_valid_histogram():
    registry = CollectorRegistry()
    durations = RequestDurations("Requests of all kinds.", registry)
    requests = product(("GET", "HEAD"), ("200", "304", "404", "500", "503"), (0.001, 0.01, 0.05, 0.2, 0.7, 3, 20))
    _ = [durations.labels(method, "/missions/<platform>", status).observe(s) for method, status, s in requests]
    counts: Counter[float] = Counter()
    _ = [counts.update({float(s.labels["le"]): s.value}) for s in exposed(registry.collect()) if "le" in s.labels]

    # Six kinds of requests with a distribution, four of errors without.
    assert dict(counts) == {0.005: 6, 0.025: 12, 0.1: 18, 0.25: 24, 1: 30, 5: 36, inf: 70}


@pytest.mark.parametrize("status", ["500", "503"])
def test_the_first_error_of_every_route_is_visible(portal, status):
    label = {"http_request_method": "GET", "http_response_status_code": status}
    name = "http_server_request_duration_seconds_count"
    values = [metrics.registry.get_sample_value(name, {**label, "http_route": r}) for r in observe.known_routes(portal)]

    assert None not in values


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_first_error_without_a_route_is_visible(portal, method):
    labels = {"http_request_method": method, "http_route": "__other__", "http_response_status_code": "5xx"}

    assert metrics.registry.get_sample_value("http_server_request_duration_seconds_count", labels) is not None


def test_probes_are_not_a_route(portal):
    assert {"/livez", "/readyz", "/startupz"}.isdisjoint(observe.known_routes(portal))


def test_the_catalogue_lists_exactly_the_metrics_of_the_code(portal, tmp_path):
    metrics.active_requests.labels("GET")
    metrics.dependency_up.labels("redis")
    journey = probe.Results()
    journey.record([Step("landing", "/", 0.1, None)])
    families = [
        *metrics.registry.collect(),
        *exposition.SharedFiles(tmp_path).collect(),
        *StoreMetrics(READS).collect(),
        *journey.collect(),
    ]
    metrics_of_the_code = {
        family.name + ("_total" if family.type == "counter" else ""): (
            family.type,
            tuple(label for label in family.samples[0].labels if label != "le"),
        )
        for family in families
    }
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| .+ \|$", CATALOGUE.read_text("utf-8"), flags=re.MULTILINE)
    documented = {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}

    assert documented == metrics_of_the_code


def test_importing_the_settings_creates_no_metric():
    modules = "app.config, app.telemetry.logs, app.telemetry.metric_slots"
    code = f"import sys; import {modules}; sys.exit('app.telemetry.metrics' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
