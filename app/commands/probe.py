"""`halocline probe`: walks a visitor's journey again and again, and exports what it found for Prometheus.

It sees what no metric of the web pods shows: an ingress, a name or a certificate that fails, and no pods at all.
"""

import signal
import threading
from collections.abc import Iterable, Sequence

import click
import structlog
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app import __version__
from app.commands import probe_journey
from app.commands.probe_journey import Step, Target

log = structlog.get_logger()

AGENT = f"halocline-probe/{__version__}"
STEPS = ("landing", "style", "missions", "mission", "search", "api")


class Results(Collector):
    """The metrics of the journeys. The first two have the names and the meaning of blackbox-exporter's."""

    def __init__(self) -> None:
        self._last: Sequence[Step] = ()
        self._outcomes = {"success": 0, "failure": 0}
        self._failures = dict.fromkeys(STEPS, 0)

    def record(self, steps: Sequence[Step]) -> None:
        """Show the steps of one journey, of which there is at least one."""
        self._last = steps
        problem = steps[-1].problem
        self._outcomes["failure" if problem else "success"] += 1
        if problem:
            self._failures[steps[-1].name] += 1

    def collect(self) -> Iterable[Metric]:
        """The families; those of the last journey are absent before the first one has ended."""
        if last := self._last:
            is_good = last[-1].problem is None
            yield GaugeMetricFamily("probe_success", "1 if the last journey succeeded, else 0.", int(is_good))
            total_s = sum(step.duration_s for step in last)
            text = "Duration of the last journey, also if it failed."
            yield GaugeMetricFamily("probe_duration_seconds", text, total_s)
        steps = GaugeMetricFamily(
            "halocline_probe_step_duration_seconds",
            "Duration of a step of the last journey; absent if the journey did not come to it.",
            labels=["step"],
        )
        for step in last:
            steps.add_metric([step.name], step.duration_s)
        journeys = CounterMetricFamily(
            "halocline_probe_journeys", "Journeys by outcome: success or failure.", labels=["outcome"]
        )
        for outcome, count in self._outcomes.items():
            journeys.add_metric([outcome], count)
        failures = CounterMetricFamily(
            "halocline_probe_failures", "Journeys that failed, by the step that failed.", labels=["step"]
        )
        for name, count in self._failures.items():
            failures.add_metric([name], count)
        yield from (steps, journeys, failures)


def once(target: Target, timeout_s: float) -> int:
    """Print one journey, a line for each step. The exit status: 0 if it succeeded, else 1."""
    problem = None
    for step in probe_journey.walk(target, timeout_s, AGENT):
        problem = step.problem
        click.echo(f"{step.name:8} {step.path}  {step.duration_s * 1000:.0f} ms  {problem or 'ok'}")
    return 1 if problem else 0


def run(target: Target, timeout_s: float, every_s: float, bind: tuple[str, int]) -> None:
    """Walk the journey every `every_s` seconds until SIGTERM or SIGINT, and serve the results at /metrics."""
    results, registry = Results(), CollectorRegistry()
    registry.register(results)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signum, _frame: stopping.set())
    signal.signal(signal.SIGINT, lambda _signum, _frame: stopping.set())
    host, port = bind
    server, thread = start_http_server(port, host, registry=registry)
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
