"""The cost of a scrape depends on the number of workers, not on how many there have been."""

from itertools import product
from math import inf
from time import process_time

import pytest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.utils import floatToGoString
from prometheus_client.values import MultiProcessValue, close_all_multiprocess_files

from app.telemetry import metric_slots
from app.telemetry.exposition import Exposition, SharedFiles
from app.telemetry.request_series import BOUNDS_S, NAME

ROUTES = [f"/route/{n}" for n in range(46)]
STATUSES = ("200", "304", "404", "4xx", "500", "503")


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """A function that runs a worker in a slot: it writes as many values as a worker that has answered everything."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    def worker(slot):
        value = MultiProcessValue(lambda: str(slot))
        metric_slots.release(slot)
        for route, status in product(ROUTES, STATUSES):
            labels = ("GET", route, status)
            names = ("http_request_method", "http_route", "http_response_status_code")
            value("histogram", NAME, f"{NAME}_sum", names, labels, "Help.").inc(0.01)
            for bound in (inf,) if status.startswith("5") else (*BOUNDS_S, inf):
                value(
                    "histogram", NAME, f"{NAME}_bucket", (*names, "le"), (*labels, floatToGoString(bound)), "Help."
                ).inc(1)
        value("counter", "shed", "shed_total", ("reason",), ("concurrency",), "Help.").inc(slot + 1)
        value("gauge", "threads", "threads", (), (), "Help.", multiprocess_mode="livesum").set(7)
        close_all_multiprocess_files()

    return worker


def cost_s(directory):
    """The CPU time of a scrape; the least of several, because other processes slow this one down."""
    exposition = Exposition(SharedFiles(directory))

    def once_s():
        started_s = process_time()
        exposition.generate_metrics()
        return process_time() - started_s

    return min(once_s() for _ in range(7))


def files(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("recycles", [8, pytest.param(200, marks=pytest.mark.slow)])
def test_recycled_workers_add_neither_files_nor_time(recycles, worker, tmp_path):
    _ = [worker(slot) for slot in range(4)]
    files_before, before_s = files(tmp_path), cost_s(tmp_path)
    _ = [worker(number % 4) for number in range(recycles)]

    assert files(tmp_path) == files_before
    assert cost_s(tmp_path) < 2 * before_s


def test_each_worker_adds_the_same_time(worker, tmp_path):
    worker(0)
    of_one_s = cost_s(tmp_path)
    _ = [worker(slot) for slot in range(4)]
    of_four_s = cost_s(tmp_path)
    _ = [worker(slot) for slot in range(16)]

    assert len(files(tmp_path)) == 48
    assert of_four_s < 2 * 4 * of_one_s
    assert cost_s(tmp_path) < 2 * 16 * of_one_s


def test_the_totals_are_those_of_the_library(worker, tmp_path):
    _ = [worker(slot) for slot in (0, 1, 1)]
    paths = [str(path) for path in tmp_path.iterdir()]
    of_library = {family.name: family for family in MultiProcessCollector.merge(paths)}
    own = {family.name: family for family in SharedFiles(tmp_path).collect() if "multiproc" not in family.name}
    own.pop("halocline_metrics_collect_seconds")

    assert {name: family.type for name, family in own.items()} == {n: f.type for n, f in of_library.items()}
    assert {name: samples_of(family) for name, family in own.items()} == {
        n: samples_of(f) for n, f in of_library.items()
    }


def samples_of(family):
    return {(sample.name, *sorted(sample.labels.items())): sample.value for sample in family.samples}
