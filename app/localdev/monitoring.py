"""`make up MONITORING=1`: the metrics process, the probe, a Prometheus with the rules, and a page with the overview."""

import http.client
import os
import shutil
import subprocess
import sys
from pathlib import Path

from app.localdev import pidfiles, ports, readiness
from app.localdev.errors import LocalDevError

_ROOT = Path(__file__).resolve().parents[2]
# The processes that `start` leaves running, last started first.
PROCESSES = ("prometheus", "probe", "metrics")
# The label that a cluster would give; the dashboards select one namespace.
NAMESPACE = "local"
# Short: a developer waits for the first points.
_SCRAPE_S = 5
_MINUTES = 30
_PROMETHEUS_YML = """\
global: {{scrape_interval: {scrape_s}s, evaluation_interval: {scrape_s}s}}
rule_files: ["{rules}"]
scrape_configs:
- job_name: halocline-web
  static_configs: [{{targets: ["{metrics}"], labels: {{namespace: {namespace}, pod: web-local}}}}]
- job_name: halocline-probe
  static_configs: [{{targets: ["{probe}"], labels: {{namespace: {namespace}, pod: probe-local}}}}]
"""


def check() -> None:
    """Raises LocalDevError if Prometheus is not installed."""
    if shutil.which("prometheus") is None:
        raise LocalDevError(
            "prometheus is not on PATH: install it, 'sudo apt-get install prometheus' or a release from "
            "https://prometheus.io/download/, or run 'make up' without MONITORING=1."
        )


def prepare(home: Path, env: dict[str, str]) -> None:
    """Set the variables through which the web workers and the metrics process share their files and find their port."""
    env["METRICS_BIND"] = f"127.0.0.1:{ports.assigned(home, 'metrics')}"
    env["PROMETHEUS_MULTIPROC_DIR"] = str(home / "metrics")


def start(home: Path, env: dict[str, str], portal: str) -> str:
    """URL of a ready Prometheus that scrapes the portal at this URL. Raises LocalDevError if it does not start."""
    cli = [sys.executable, "-m", "app.cli"]
    pidfiles.start("metrics", [*cli, "metrics"], home, env)
    probe = f"127.0.0.1:{ports.assigned(home, 'probe')}"
    pidfiles.start("probe", [*cli, "probe", portal, "--every", str(_SCRAPE_S), "--bind", probe], home, env)
    (home / "prometheus.yml").write_text(config(env["METRICS_BIND"], probe), encoding="utf-8")
    port = ports.assigned(home, "prometheus")
    command = ["prometheus", f"--config.file={home / 'prometheus.yml'}", f"--web.listen-address=127.0.0.1:{port}"]
    # Two days: enough to compare with yesterday, and small on a laptop.
    command += [f"--storage.tsdb.path={home / 'prometheus'}", "--storage.tsdb.retention.time=2d"]
    pidfiles.start("prometheus", command, home)
    readiness.wait("prometheus", home, lambda: _is_ready(port), (OSError, http.client.HTTPException))
    return f"http://127.0.0.1:{port}"


def config(metrics: str, probe: str) -> str:
    """Configuration of a Prometheus that scrapes these addresses and evaluates the generated rules."""
    rules = _ROOT / "monitoring" / "rules" / "*.yml"
    return _PROMETHEUS_YML.format(scrape_s=_SCRAPE_S, rules=rules, metrics=metrics, probe=probe, namespace=NAMESPACE)


def page(home: Path, prometheus: str, name: str = "overview") -> tuple[Path, str]:
    """Write a page that draws a dashboard and refreshes itself; its path, and an error text, empty if it is written."""
    path = home / f"{name}.html"
    # A process, because monitoring/ is not part of the package. npm downloads Grafana's components the first time.
    command = [sys.executable, "-m", "monitoring.pictures", "--prometheus", prometheus, "--namespace", NAMESPACE]
    command += ["--only", name, "--page", str(path), "--minutes", str(_MINUTES), "--scrape-seconds", str(_SCRAPE_S)]
    result = subprocess.run(command, cwd=_ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)
    problem = (result.stderr.strip().splitlines() or [f"status {result.returncode}"])[-1]
    return path, problem if result.returncode else ""


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    finally:
        connection.close()
