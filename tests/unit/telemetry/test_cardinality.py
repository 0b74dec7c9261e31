"""Labels are bounded, and the catalogue lists all of them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import Counter

from app.store.backup_records import BackupTimes
from app.telemetry import exposition, metrics, observe

CATALOGUE = Path(__file__).parents[3] / "docs" / "metrics.md"
# The share of one pod in the series that a small Prometheus can hold.
SERIES_A_POD = 5000


def label_sets():
    return {
        tuple(sample.labels.items())
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "http_server_request_duration_seconds_count"
    }


def test_requests_cannot_create_series(portal, call):
    known = [(path, method) for path in ("/x", "/api/v1/x", "/static/x") for method in ("GET", "PUT", "BREW")]
    _ = [call(portal, path, REQUEST_METHOD=method) for path, method in known]
    before = label_sets()
    invented = [(f"{prefix}/{n}", f"BREW{n}") for n in range(100) for prefix in ("/x", "/api/v1/x", "/static/x")]
    _ = [call(portal, path, REQUEST_METHOD=method) for path, method in invented]
    _ = [call(portal, path, REQUEST_METHOD="GET") for path, _ in invented]

    assert label_sets() == before


@pytest.mark.parametrize("status", ["500", "503"])
def test_the_first_error_of_every_route_is_visible(portal, status):
    label = {"http_request_method": "GET", "http_response_status_code": status}
    name = "http_server_request_duration_seconds_count"
    values = [metrics.registry.get_sample_value(name, {**label, "http_route": r}) for r in observe.known_routes(portal)]

    assert None not in values


def test_all_routes_fit_the_budget(portal):
    # A route gets GET and HEAD requests and answers 200, 304, 400, 404, 500 or 503 at the most.
    bounds = 15
    assert len(observe.known_routes(portal)) * 2 * 6 * (bounds + 2) < SERIES_A_POD * 2
    assert len(observe.known_routes(portal)) * 4 * (bounds + 2) < SERIES_A_POD


def test_probes_are_not_a_route(portal):
    assert {"/livez", "/readyz", "/startupz"}.isdisjoint(observe.known_routes(portal))


def exposed_name(instrument):
    return instrument._name + ("_total" if isinstance(instrument, Counter) else "")


def test_the_catalogue_lists_exactly_the_metrics_of_the_code(tmp_path):
    declared = [i for i in vars(metrics).values() if hasattr(i, "_labelnames")]
    metrics_of_the_code = {exposed_name(i): (i._type, tuple(i._labelnames)) for i in declared}
    collected = [
        *exposition.SharedFiles(tmp_path).collect(),
        *exposition.Imports(lambda: {"stored": 1}).collect(),
        *exposition.Verified(lambda: (1.0, 0)).collect(),
        *exposition.Backups(lambda: BackupTimes(1.0, 1, 1.0)).collect(),
        *exposition.Parked(lambda: 1).collect(),
    ]
    metrics_of_the_code |= {f.samples[0].name: (f.type, tuple(f.samples[0].labels)) for f in collected}
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| .+ \|$", CATALOGUE.read_text("utf-8"), flags=re.MULTILINE)
    documented = {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}

    assert documented == metrics_of_the_code


def test_importing_the_settings_creates_no_metric():
    modules = "app.config, app.telemetry.logs, app.telemetry.metric_slots"
    code = f"import sys; import {modules}; sys.exit('app.telemetry.metrics' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
