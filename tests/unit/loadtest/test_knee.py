"""The shape `breakpoint`: its steps, the figures of each, and the knee."""

import dataclasses
import json
import os
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest


@pytest.fixture(scope="module")
def knee(module):
    return module("knee")


@pytest.fixture(scope="module")
def steps(module):
    return module("steps")


@pytest.fixture
def make_run(module, knee, steps):
    """Prepare a run in which the service gives each number of users the p95 of a function, in steps of 20 s."""

    def make(p95_ms: Callable[[int], int], users: int = 10, most: int = 1000, generator_cores: float = 0.5):
        tally = module("tally").Tally()
        clock = iter(range(1_000_000))

        def read():
            # Five requests of each user between two readings.
            at_s = next(clock) * 15.0
            for _ in range(5 * ramp.users):
                tally.send(at_s)
                tally.judge("/", 200, at_s, None, p95_ms(ramp.users))
            return steps.reading(tally, at_s, generator_cores * at_s, 0.25 * at_s)

        ramp = knee.Ramp(users, most)
        limits = module("thresholds").Thresholds(max_failed_ratio=0, p95_ms=1000, min_requests=50)
        return knee.Breakpoint(ramp, limits, 20, read)

    return make


def play(run) -> list[int]:
    """Call the run once a second, as Locust does, to its end; return the users of each measured step."""
    elapsed_s = 0.0
    while run.users_at(elapsed_s) is not None and elapsed_s < 3600:
        elapsed_s += 1
    return [step["users"] for step in run.steps]


def test_coarse_steps_end_at_a_miss_and_fine_ones_follow_from_the_last_good_step(knee, make_run):
    run = make_run(lambda users: 900 if users <= 30 else 1100)
    assert play(run) == [10, 14, 20, 28, 40, 30, 32, 32]
    assert [bool(step["missed"]) for step in run.steps] == [False, False, False, False, True, False, True, True]
    assert run.steps[-1]["missed"] == ["p95 1100 ms, at most 1000 ms wanted; slowest is / (1100 ms)"]
    assert list(run.missed()) == []


def test_the_knee_is_the_good_step_with_the_highest_rate(make_run):
    run = make_run(lambda users: 900 if users <= 30 else 1100)
    play(run)
    # 30 users, five requests each in 15 s; the service uses a quarter of a core.
    assert run.knee()["users"] == 30
    assert run.knee()["achieved_per_s"] == 10.0
    assert (run.knee()["cores"], run.knee()["requests_per_core_s"]) == (0.25, 40.0)


def test_a_ramp_repeats_a_failed_fine_step_once(knee):
    ramp = knee.Ramp(100, 1000)
    outcomes = [True, False, False, True, False, False]
    assert [ramp.following(outcome) for outcome in outcomes] == [140, 106, 106, 113, 113, None]


def test_a_ramp_ends_at_the_first_step_that_fails_at_once_and_at_its_limit(knee):
    assert knee.Ramp(10, 1000).following(False) is None
    limited = knee.Ramp(10, 12)
    assert [limited.following(True), limited.following(True)] == [12, None]


def test_a_run_whose_first_step_fails_has_no_knee(make_run):
    run = make_run(lambda _: 1500)
    assert play(run) == [10]
    assert run.knee() is None
    assert list(run.missed()) == [
        "the first step, of 10 users, misses already: p95 1500 ms, at most 1000 ms wanted; slowest is / (1500 ms)"
    ]


def test_a_run_without_a_miss_asks_for_more_users(make_run):
    run = make_run(lambda _: 5, most=15)
    assert play(run) == [10, 14, 15]
    assert list(run.missed()) == ["no step up to 15 users missed a threshold: raise --max-users"]


def test_a_saturated_generator_ends_the_run_and_fails_it(make_run):
    run = make_run(lambda _: 5, generator_cores=0.95)
    assert play(run) == [10]
    assert list(run.missed()) == [
        "the first step, of 10 users, misses already: generator: 0.95 cores, at most 0.9 wanted"
    ]


def test_a_run_that_ends_within_the_warm_up_has_no_knee(make_run):
    assert list(make_run(lambda _: 5).missed()) == ["no step was measured: the run ended too early"]


def test_offered_and_achieved_rate_of_users_that_wait_half_of_the_time(module, steps):
    tally = module("tally").Tally()
    before = steps.reading(tally, 100.0, 0.0, None)
    # One of two users sends ten requests of 1 s within 10 s, and the other none.
    for second in range(10):
        tally.send(100.0 + second)
        tally.judge("/", 200, 100.0 + second, None, 1000)
    figures = steps.figures(2, before, steps.reading(tally, 110.0, 5.0, None))
    # 20 s of users, 10 of them waiting: in the other 10 s they sent ten requests, and they would have had 20 s.
    assert (figures["offered_per_s"], figures["achieved_per_s"]) == (2.0, 1.0)
    assert (figures["generator_cores"], figures["cpu_s"]) == (0.5, None)


def test_a_step_counts_only_what_was_judged_within_it(module, steps):
    tally = module("tally").Tally()
    tally.send(0.0)
    tally.judge("/", 500, 0.0, "status 500", 9000)
    before = steps.reading(tally, 10.0, 0.0, 1.0)
    for name, status, reason in [("/", 200, None), ("/map", 503, module("tally").SHED), ("/ limited", 429, None)]:
        tally.send(10.0)
        tally.judge(name, status, 10.0, reason, 20)
    figures = steps.figures(1, before, steps.reading(tally, 20.0, 0.0, 3.5))
    counts = ("requests", "failed", "shed", "limited", "p95_ms", "cpu_s")
    assert [figures[name] for name in counts] == [3, 1, 1, 1, 20, 2.5]
    assert figures["kinds"]["pages"] == {
        "requests": 2,
        "failed": 1,
        "shed": 1,
        "p50_ms": 20,
        "p95_ms": 20,
        "p99_ms": 20,
    }


def test_percentiles_are_those_of_the_nearest_rank(steps):
    times = steps.Times(range(1, 101))
    assert [steps.percentile(times, percent) for percent in (50, 95, 99)] == [50, 95, 99]
    assert steps.percentile(steps.Times(), 95) == 0


def test_the_table_has_a_row_for_each_step_and_the_knee(knee, make_run):
    run = make_run(lambda users: 900 if users <= 10 else 1100)
    play(run)
    lines = knee.lines({"steps": run.steps, "knee": run.knee()})
    assert lines[1].split()[:7] == ["10", "4.8", "3.3", "900", "0", "0", "0.25"]
    assert lines[-1] == "knee: 3.3 requests/s with 10 users, p95 900 ms, 0.25 cores, 13.2 requests/s per core"


@dataclasses.dataclass
class Prometheus:
    url: str
    paths: list[str]


@pytest.fixture
def prometheus():
    """A server that answers every query with 12.5."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            result = [] if "nothing" in self.path else [{"value": [1, "12.5"]}]
            self.wfile.write(json.dumps({"data": {"result": result}}).encode())

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield Prometheus(f"http://127.0.0.1:{server.server_address[1]}/", paths)
        server.shutdown()
        thread.join()


def test_cpu_time_of_containers_is_the_result_of_the_query_at_the_end_of_the_step(module, prometheus):
    assert module("cpu_seconds").of_containers(prometheus.url, "sum(cpu[$seconds])", 100.0, 160.0) == 12.5
    assert prometheus.paths == ["/api/v1/query?query=sum%28cpu%5B60s%5D%29&time=160.0"]


def test_a_query_without_a_value_is_one_line(module, prometheus):
    cpu_seconds = module("cpu_seconds")
    with pytest.raises(cpu_seconds.Unknown, match=r"has no value of nothing\[15s\]"):
        cpu_seconds.of_containers(prometheus.url, "nothing[$seconds]", 0.0, 15.0)
    with pytest.raises(cpu_seconds.Unknown, match="Connection refused"):
        cpu_seconds.of_containers("http://127.0.0.1:1", "up", 0.0, 15.0)


def test_cpu_time_of_an_unknown_process_is_one_line(module):
    cpu_seconds = module("cpu_seconds")
    assert cpu_seconds.of_processes([]) is None
    with pytest.raises(cpu_seconds.Unknown, match="CPU time of process 4194999: NoSuchProcess"):
        cpu_seconds.of_processes([4194999])


OPTIONS = ("--shape=breakpoint", "--step-s=2", "--users=4", "--min-requests=10")


def test_a_run_reports_its_steps_with_the_cpu_time_of_the_target(make_target, load):
    # The target is a thread of this process.
    run = load(make_target().url, *OPTIONS, "--max-users=5", f"--cpu-pid={os.getpid()}")
    assert run.code == 1, run.output
    assert run.summary["missed"] == ["no step up to 5 users missed a threshold: raise --max-users"]
    assert [step["users"] for step in run.summary["steps"]] == [4, 5]
    knee = run.summary["knee"]
    assert knee["achieved_per_s"] == max(step["achieved_per_s"] for step in run.summary["steps"]) > 0
    assert knee["offered_per_s"] > knee["achieved_per_s"]
    assert knee["requests_per_core_s"] == pytest.approx(knee["achieved_per_s"] / knee["cores"], rel=0.01)
    assert "knee: " in run.output


@pytest.mark.slow
def test_a_target_that_sheds_load_has_a_knee(make_target, load):
    run = load(make_target(faults={"/": "shed above five connections"}).url, *OPTIONS)
    assert run.code == 0, run.output
    assert 4 <= run.summary["knee"]["users"] <= 6
    assert run.summary["steps"][-1]["shed"] > 0


def test_a_process_that_does_not_exist_is_refused_in_one_line(make_target, load):
    run = load(make_target().url, *OPTIONS, "--cpu-pid=4194999")
    assert run.code == 1
    assert run.output.rstrip().splitlines()[-1].endswith("load test: CPU time of process 4194999: NoSuchProcess")
