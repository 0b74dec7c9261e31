"""The load test of Halocline: `locust -f loadtest/locustfile.py --headless --host … --shape …`; docs/load-tests.md."""

import json
import signal
import sys
import time
from typing import Any, ClassVar

import gevent
import options
import shapes
import target
import verdict
from journeys import Browser, Crawler, Phone, Scientist, Visitor
from locust import LoadTestShape, events, log
from locust.env import Environment
from locust.runners import LocalRunner, Runner
from readers import Reader
from tally import Tally

__all__ = ["Browser", "Crawler", "Phone", "Planned", "Scientist", "Visitor"]

# Longer than a reader's own network timeout, so that every request that was sent gets its verdict.
STOP_TIMEOUT_S = 35
# The shape decides how fast users come; Locust only has to keep up with it.
SPAWN_RATE_PER_S = 100

events.init_command_line_parser.add_listener(options.declare)


class Planned(LoadTestShape):
    """The shape that the options name."""

    # Locust shall not warn that --users and --run-time are ignored: options.sizes reads them.
    use_common_options = True
    corners: ClassVar[shapes.Corners] = []
    over: ClassVar[bool] = False

    def tick(self) -> tuple[int, float] | None:
        """Users now and how fast they come; None ends the run."""
        run_time_s: float = self.get_run_time()  # type: ignore[no-untyped-call]
        users = None if self.over else shapes.users_at(self.corners, run_time_s)
        return None if users is None else (users, SPAWN_RATE_PER_S)

    @classmethod
    def end(cls) -> None:
        """Ends the run with its verdict.

        While a shape runs, Locust itself lets SIGTERM kill it without one, and Ctrl-C strikes any user's request.
        """
        cls.over = True


def prepare(environment: Environment, runner: Runner | None, **_: Any) -> None:
    """Everything in place for the users, or exit code 1 and one line."""
    given: Any = environment.parsed_options
    try:
        if not isinstance(runner, LocalRunner):
            raise target.WrongTarget(
                "the counts are exact in one process only: leave --master, --worker and --processes"
            )
        base_url = target.permitted(environment.host, given.allow_host)
        wanted = verdict.thresholds(
            given.thresholds, given.shape, min_requests=given.min_requests, p95_ms=given.max_p95_ms
        )
        target.verify(base_url, given.expect_version)
        Reader.missions = target.missions(base_url)
    except (target.WrongTarget, verdict.Unreadable) as error:
        sys.exit(f"load test: {error}")
    environment.host = base_url
    environment.stop_timeout = STOP_TIMEOUT_S
    Planned.corners = shapes.SHAPES[given.shape](options.sizes(given))
    if given.headless:
        gevent.signal_handler(signal.SIGTERM, Planned.end)
        gevent.signal_handler(signal.SIGINT, Planned.end)
    Reader.tally, Reader.think_factor = Tally(), given.think
    events.request.add_listener(_judged)
    Judge(environment, runner, wanted).attach()


events.init.add_listener(prepare)


def _judged(name: str, response: Any, start_time: float, exception: object, **_: Any) -> None:
    Reader.tally.judge(name, response.status_code, start_time, exception)


class Judge:
    """Ends a run: waits for the last answers, writes the summary, sets the exit code and says why."""

    def __init__(self, environment: Environment, runner: Runner, wanted: verdict.Thresholds) -> None:
        self.environment = environment
        self.runner = runner
        self.wanted = wanted
        self.started_at_s = time.time()
        self.lines: list[str] = []

    def attach(self) -> None:
        """Listens for the end of the run."""
        events.quitting.add_listener(self.decide)
        events.quit.add_listener(self.tell)

    def decide(self, **_: Any) -> None:
        """The verdict."""
        runner = self.runner
        # Where the web interface ends a run users still read; what they have asked for shall be counted.
        runner.quit()
        summary = verdict.summary(runner.stats, Reader.tally, self.started_at_s)
        missed = verdict.missed(summary, self.wanted)
        if runner.exceptions or log.unhandled_greenlet_exception:
            missed.append("the generator itself raised an error, shown above")
        given: Any = self.environment.parsed_options
        result = {
            "shape": given.shape,
            "target": self.environment.host,
            "passed": not missed,
            "missed": missed,
            "generator_saturated": runner.cpu_warning_emitted,
        } | summary
        if given.summary is not None:
            given.summary.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        self.environment.process_exit_code = 1 if missed else 0
        self.lines = verdict.lines(result)

    def tell(self, **_: Any) -> None:
        """Shows the verdict below Locust's tables."""
        sys.stdout.write("\n".join(self.lines) + "\n")
