"""One lab for all drills, deleted at the end in any case; the figures are written to a file and to the terminal."""

import contextlib
import json
import os
import shutil
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import signed_webhooks
from tests.e2e.cluster import usage
from tests.e2e.cluster.cluster import NAMESPACE, QUEUE, Lab, kubectl

ROOT = Path(__file__).parents[3]
FIGURES = pytest.StashKey[dict[str, Any]]()
LAB = pytest.StashKey[Lab]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = {}
    # CI sends SIGTERM at its timeout: the fixtures must still delete the lab.
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> dict[str, Any]:
    """Figures measured by the drills."""
    return pytestconfig.stash[FIGURES]


# The first one starts the lab, and imports the data that the others read. Notifications come before drills with errors,
# and more replicas after those that replace each web pod. The queue adds missions, series and pods, which others would
# compare; the edge cache changes the entry.
_ORDER = [
    "test_drills", "test_live", "test_notifications", "test_failures", "test_nodes", "test_stores", "test_backups",
    "test_autoscaling", "test_monitoring", "test_runbooks", "test_alerts", "test_loadtest", "test_security",
    "test_ingresses", "test_tasks", "test_uploads", "test_edge_drills",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the modules of drills, and leave out those of the long form unless FULL=1."""
    items.sort(key=lambda item: _ORDER.index(item.path.stem))
    if os.environ.get("FULL") != "1":
        items[:] = [item for item in items if item.get_closest_marker("full") is None]


@pytest.fixture(scope="session")
def full() -> bool:
    """True for the long form of each drill: FULL=1."""
    return os.environ.get("FULL") == "1"


@pytest.fixture(scope="session")
def lab(pytestconfig: pytest.Config) -> Iterator[Lab]:
    """The lab, before anything is applied."""
    image = os.environ.get("IMAGE")
    if not image:
        pytest.exit("cluster-test: name the image: make cluster-test IMAGE=…", 2)
    if shutil.which("kubectl") is None:
        pytest.exit("cluster-test: kubectl is not on PATH", 2)
    lab = pytestconfig.stash[LAB] = Lab(image, os.environ.get("HALOCLINE_CLUSTER_URL", "http://127.0.0.1:8080"))
    lab.delete()
    try:
        with usage.watched() as used:
            yield lab
        rows = [row for row in used.rows() if row.ratio is not None]
        pytestconfig.stash[FIGURES]["highest use / request"] = {
            f"{row.component}/{row.container} {row.resource}": round(row.ratio, 2) for row in rows
        }
    finally:
        lab.delete()


@pytest.fixture(scope="session")
def queue(lab: Lab) -> None:
    """The lab with the queue and with uploads, for the drills at the end; it keeps them."""
    senders = f'[drill]\nsecrets = ["{signed_webhooks.secret()}"]\n'
    kubectl("create", "secret", "generic", "position-senders", f"--from-literal=senders.toml={senders}")
    lab.change_to(QUEUE)
    for role in ("redis-broker", "worker", "maintenance", "beat", "upload"):
        kubectl("rollout", "status", f"deployment/{role}", "--timeout=180s", timeout_s=190)
    lab.replaced()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the state of the cluster to the report of a failure, before the lab is deleted."""
    report = yield
    if report.failed and call.when == "call":
        with contextlib.suppress(Exception):
            report.sections.append((f"namespace {NAMESPACE}", _state()))
    return report


def _state() -> str:
    commands = [
        ["get", "pods,hpa,jobs", "--output=wide"],
        ["get", "events", "--sort-by=.lastTimestamp"],
        ["logs", "--selector=app.kubernetes.io/component=web", "--container=app", "--tail=15", "--prefix"],
        ["logs", "job/indexes", "--all-containers", "--tail=15"],
    ]
    return "\n\n".join("\n".join(kubectl(*command, check=False).splitlines()[-40:]) for command in commands)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash[FIGURES]
    if not figures:
        return
    file = Path(os.environ.get("HALOCLINE_FIGURES", ROOT / "build/cluster-figures.json"))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(figures, indent=2) + "\n")
    terminalreporter.section("figures")
    for drill, measured in figures.items():
        text = ", ".join(f"{name} {value}" for name, value in measured.items())
        terminalreporter.write_line(f"{drill}: {text}")
