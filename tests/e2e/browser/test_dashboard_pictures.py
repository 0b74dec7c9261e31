"""Pictures of all dashboards, by Grafana's own components, from a stand-in for Prometheus. npm downloads packages."""

import http.server
import json
import re
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
NAMES = ("capacity", "causes", "data", "overview", "traffic")
BOUNDS = ("0.025", "0.25", "1.0", "+Inf")
# Nothing is larger in the documentation.
MOST_BYTES = 300_000
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class StandIn(http.server.BaseHTTPRequestHandler):
    """Answers each query with two series that have the labels of its aggregation, or with none."""

    is_empty = False

    def log_message(self, *_: Any) -> None:
        """Log nothing."""

    def do_POST(self) -> None:
        query = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        series = [] if self.is_empty else [_series(labels, query) for labels in _labels(query["query"])]
        body = json.dumps({"status": "success", "data": {"result": series}}).encode()
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")  # As Prometheus does.
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _labels(expr: str) -> list[dict[str, str]]:
    if expr.startswith("sum by (le)"):
        return [{"le": bound} for bound in BOUNDS]
    aggregation = re.search(r"by \((?:le, )?([a-z_, ]+)\)", expr)
    names = aggregation[1].split(", ") if aggregation else ["pod"]
    return [{name: f"{name}-{number}" for name in names} for number in (1, 2)]


def _series(labels: dict[str, str], query: dict[str, str]) -> dict[str, Any]:
    if "time" in query:
        return {"metric": labels, "value": [float(query["time"]), "0.5"]}
    start, end, step = (float(query[name]) for name in ("start", "end", "step"))
    times = [start + number * step for number in range(int((end - start) / step) + 1)]
    return {"metric": labels, "values": [[time, "0.5"] for time in times]}


@pytest.fixture
def prometheus(browser_programs: tuple[str, str]) -> Iterator[tuple[str, type[StandIn]]]:
    """The address of the stand-in, and its class, whose `is_empty` decides about its answers."""
    handler = type("Answers", (StandIn,), {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def _drawn(url: str, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitoring.pictures", "--prometheus", url, "--namespace", "ocean"]
    return subprocess.run(
        [*command, "--out", str(out), *options], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_every_dashboard_is_drawn_in_a_small_file(prometheus: tuple[str, type[StandIn]], tmp_path: Path) -> None:
    run = _drawn(prometheus[0], tmp_path)

    assert (run.returncode, run.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"dashboard-{name}.png" for name in NAMES]
    assert max(path.stat().st_size for path in tmp_path.iterdir()) < MOST_BYTES


def test_a_dashboard_without_data_is_not_drawn_unless_it_is_allowed(
    prometheus: tuple[str, type[StandIn]], tmp_path: Path
) -> None:
    url, handler = prometheus
    handler.is_empty = True

    refused = _drawn(url, tmp_path, "--only", "data")
    assert refused.returncode == 1
    assert "data: Platforms with fresh data: no data\n" in refused.stderr
    assert list(tmp_path.iterdir()) == []
    assert _drawn(url, tmp_path, "--only", "data", "--allow-empty").returncode == 0
