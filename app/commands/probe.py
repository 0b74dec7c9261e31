"""`halocline probe`: walks a visitor's journey again and again, and exports what it found for Prometheus.

It sees what no metric of the web pods shows: an ingress, a name or a certificate that fails, and no pods at all.
"""

import signal
import threading
from collections.abc import Sequence

import click
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from app import __version__
from app.commands import probe_journey
from app.commands.probe_journey import Step, Target

log = structlog.get_logger()

AGENT = f"halocline-probe/{__version__}"
STEPS = ("landing", "style", "missions", "mission", "search", "api")


class Results:
    """The metrics of the journeys. The first two have the names and the meaning of blackbox-exporter's."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._success = Gauge("probe_success", "1 if the last journey succeeded, else 0.", registry=self.registry)
        self._duration = Gauge(
            "probe_duration_seconds", "Duration of the last journey, also if it failed.", registry=self.registry
        )
        self._steps = Gauge(
            "halocline_probe_step_duration_seconds",
            "Duration of a step of the last journey; absent if the journey did not come to it.",
            ["step"],
            registry=self.registry,
        )
        self._journeys = Counter(
            "halocline_probe_journeys", "Journeys by outcome: success or failure.", ["outcome"], registry=self.registry
        )
        self._failures = Counter(
            "halocline_probe_failures",
            "Journeys that failed, by the step that failed.",
            ["step"],
            registry=self.registry,
        )
        for outcome in ("success", "failure"):
            self._journeys.labels(outcome)
        for step in STEPS:
            self._failures.labels(step)

    def record(self, steps: Sequence[Step]) -> None:
        """Show the steps of one journey, of which there is at least one."""
        last = steps[-1]
        self._success.set(0 if last.problem else 1)
        self._duration.set(sum(step.duration_s for step in steps))
        self._steps.clear()
        for step in steps:
            self._steps.labels(step.name).set(step.duration_s)
        self._journeys.labels("failure" if last.problem else "success").inc()
        if last.problem:
            self._failures.labels(last.name).inc()


def once(target: Target, timeout_s: float) -> int:
    """Print one journey, a line for each step. The exit status: 0 if it succeeded, else 1."""
    problem = None
    for step in probe_journey.walk(target, timeout_s, AGENT):
        problem = step.problem
        click.echo(f"{step.name:8} {step.path}  {step.duration_s * 1000:.0f} ms  {problem or 'ok'}")
    return 1 if problem else 0


def run(target: Target, timeout_s: float, every_s: float, bind: tuple[str, int]) -> None:
    """Walk the journey every `every_s` seconds until SIGTERM or SIGINT, and serve the results at /metrics."""
    results = Results()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signum, _frame: stopping.set())
    signal.signal(signal.SIGINT, lambda _signum, _frame: stopping.set())
    host, port = bind
    server, thread = start_http_server(port, host, registry=results.registry)
    log.info("probe_serving", port=server.server_port, url=target.url.geturl())
    had_problem = False
    while not stopping.is_set():
        steps = list(probe_journey.walk(target, timeout_s, AGENT))
        results.record(steps)
        last = steps[-1]
        if last.problem:
            log.warning("journey_failed", step=last.name, path=last.path, problem=last.problem)
        elif had_problem:
            log.info("journey_succeeded_again")
        had_problem = last.problem is not None
        stopping.wait(every_s)
    server.shutdown()
    server.server_close()
    thread.join()
