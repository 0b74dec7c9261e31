"""The load test of Halocline: `locust -f loadtest/locustfile.py --headless --host … --shape …`; docs/load-tests.md."""

import json
import pathlib
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar

import access_log
import cpu_seconds
import distributed
import gevent
import knee
import options
import shapes
import steps
import summary
import target
import thresholds
import verdict
from journeys import Browser, Crawler, Phone, Scientist, Visitor
from locust import LoadTestShape, events, log
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner
from readers import Reader
from tally import Tally

__all__ = ["Browser", "Crawler", "Phone", "Planned", "Scientist", "Visitor"]

# Longer than a reader's network timeout (30 s), so that every request that was sent is judged.
STOP_TIMEOUT_S = 35
# With 40 s three runs agreed within 8 % of their mean, with 20 s within 18 % (docs/capacity.md).
BREAKPOINT_STEP_S = 40
# The shape sets how fast users are added; Locust only has to follow it.
SPAWN_RATE_PER_S = 100

events.init_command_line_parser.add_listener(options.declare)


class Planned(LoadTestShape):
    """The load shape that the option --shape selects."""

    # Suppresses the warning that --users and --run-time are ignored: options.sizes reads them.
    use_common_options = True
    users_at: ClassVar[Callable[[float], int | None]]
    is_over: ClassVar[bool] = False

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and the spawn rate; None ends the run."""
        run_time_s: float = self.get_run_time()  # type: ignore[no-untyped-call]
        users = None if self.is_over else type(self).users_at(run_time_s)
        return None if users is None else (users, SPAWN_RATE_PER_S)

    @classmethod
    def end(cls) -> None:
        """End the run with a verdict.

        While a shape runs, Locust exits on SIGTERM without one, and Ctrl-C interrupts requests of users.
        """
        cls.is_over = True


def prepare(environment: Environment, runner: Runner | None, **_: Any) -> None:
    """Check target and thresholds and set up the run. Exits with code 1 and one line if that fails."""
    chosen: Any = environment.parsed_options
    try:
        if runner is None:
            raise target.WrongTarget("there is no run: leave options that only print something")
        base_url = target.permitted(environment.host, chosen.allow_host)
        required = thresholds.load(
            pathlib.Path(chosen.thresholds), chosen.shape, min_requests=chosen.min_requests, p95_ms=chosen.max_p95_ms
        )
        target.verify(base_url, chosen.expect_version)
        Reader.missions = target.missions(base_url)
        cpu_seconds.of_processes(chosen.cpu_pid)
        # The master alone chooses the users of its workers.
        if chosen.access_log and not isinstance(runner, WorkerRunner):
            _weight(environment, pathlib.Path(chosen.access_log))
    except (target.WrongTarget, thresholds.Unreadable, cpu_seconds.Unknown, access_log.Unusable) as error:
        sys.exit(f"load test: {error}")
    environment.host = base_url
    environment.stop_timeout = STOP_TIMEOUT_S
    Reader.tally, Reader.think_factor = Tally(), chosen.think
    events.request.add_listener(_judged)
    Reader.ready.set()
    if isinstance(runner, WorkerRunner):
        # The master chooses the number of users, and decides: a request that failed is no failure of this process.
        environment.process_exit_code = 0
        distributed.Worker(Reader.tally)
        return
    master = distributed.Master(chosen.expect_workers) if isinstance(runner, MasterRunner) else None
    search = _breakpoint(chosen, required, master) if chosen.shape == knee.NAME else None
    Planned.users_at = search.users_at if search else shapes.users(chosen.shape, options.sizes(chosen))
    if chosen.headless:
        gevent.signal_handler(signal.SIGTERM, Planned.end)
        gevent.signal_handler(signal.SIGINT, Planned.end)
    Judge(environment, runner, required, search, master).attach()


def _weight(environment: Environment, log_file: pathlib.Path) -> None:
    """Weight the users by an access log, and print what was used of it. Raises Unusable."""
    requests = access_log.read(log_file)
    users: dict[str, Any] = environment.user_classes_by_name
    # A user pauses after each task of its journey.
    cycle_s = {name: len(user.tasks[0].tasks) * sum(user.think_s) / 2 for name, user in users.items()}
    weights = access_log.weights(requests, cycle_s)
    for name, share in weights.items():
        users[name].weight = share
    environment.user_classes = [users[name] for name in weights]
    sys.stdout.write(requests.report(log_file.name, weights))


def _breakpoint(chosen: Any, required: thresholds.Thresholds, master: distributed.Master | None) -> knee.Breakpoint:
    """Return the run of the shape `breakpoint`."""

    def read() -> steps.Reading:
        try:
            cpu_s = cpu_seconds.of_processes(chosen.cpu_pid)
        except cpu_seconds.Unknown:
            cpu_s = None  # The service has ended: its requests fail, which ends the run.
        if master is not None:
            return steps.reading(master.tally(), time.time(), master.cpu_s(), cpu_s)
        return steps.reading(Reader.tally, time.time(), time.process_time(), cpu_s)

    first = int(shapes.or_default(chosen.num_users, 10))
    ramp = knee.Ramp(first, max(first, chosen.max_users))
    return knee.Breakpoint(ramp, required, shapes.or_default(chosen.step_s, BREAKPOINT_STEP_S), read)


events.init.add_listener(prepare)


def _judged(name: str, response: Any, start_time: float, response_time: float, exception: object, **_: Any) -> None:
    Reader.tally.judge(name, response.status_code, start_time, exception, response_time)


class Judge:
    """Ends a run: waits for the last responses, writes the summary, sets the exit code and reports it."""

    def __init__(
        self,
        environment: Environment,
        runner: Runner,
        required: thresholds.Thresholds,
        search: knee.Breakpoint | None,
        master: distributed.Master | None,
    ) -> None:
        self.environment = environment
        self.runner = runner
        self.required = required
        self.search = search
        self.master = master
        self.started_at_s = time.time()
        self.lines: list[str] = []

    def attach(self) -> None:
        """Subscribe to the end of the run."""
        events.quitting.add_listener(self.decide)
        events.quit.add_listener(self.report)

    def decide(self, **_: Any) -> None:
        """Compute the verdict and write the summary."""
        runner, master = self.runner, self.master
        if master is not None:
            runner.stop()
            master.wait()
        # When the web interface ends a run, requests are still in flight; this waits for them, so they are counted.
        runner.quit()
        tally = master.tally() if master else Reader.tally
        figures = summary.of(runner.stats, tally, self.started_at_s)
        missed = list(self.search.missed()) if self.search else verdict.missed(figures, self.required)
        missed += master.lost() if master else []
        if runner.exceptions or log.unhandled_greenlet_exception:
            missed.append("the generator itself raised an error, shown above")
        chosen: Any = self.environment.parsed_options
        if self.search and chosen.prometheus:
            missed += self._query_cpu(self.search, chosen)
        found = {"knee": self.search.knee(), "steps": self.search.steps} if self.search else {}
        result = (
            {
                "shape": chosen.shape,
                "target": self.environment.host,
                "passed": not missed,
                "missed": missed,
                "generator_saturated": runner.cpu_warning_emitted,
            }
            | found
            | figures
        )
        if chosen.summary is not None:
            pathlib.Path(chosen.summary).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        self.environment.process_exit_code = 1 if missed else 0
        self.lines = [*(knee.lines(result) if self.search else []), *verdict.lines(result)]

    def _query_cpu(self, search: knee.Breakpoint, chosen: Any) -> list[str]:
        """Add the CPU time of the containers to the steps; return a line if Prometheus does not have it."""
        try:
            for step in search.steps:
                window = step["from_s"], step["to_s"]
                step["cpu_s"] = round(cpu_seconds.of_containers(chosen.prometheus, chosen.cpu_query, *window), 2)
        except cpu_seconds.Unknown as error:
            return [str(error)]
        return []

    def report(self, **_: Any) -> None:
        """Print the verdict below Locust's tables."""
        sys.stdout.write("\n".join(self.lines) + "\n")
