"""Counters never decrease, however workers end."""

import signal
import sys

import pytest

from .conftest import until


# A start of a worker takes a second of CPU time.
@pytest.mark.parametrize(("requests", "starts"), [(30, 4), pytest.param(120, 12, marks=pytest.mark.slow)])
def test_recycled_workers_count_every_request_into_the_same_files(gunicorn, requests, starts):
    portal = gunicorn("--max-requests", "10", "--max-requests-jitter", "0", WEB_WORKERS="2")
    totals = [portal.request_count() for _ in range(requests) if portal.get("/api/v1/nothing").status == 404]

    assert len(totals) == requests
    assert totals == sorted(totals)
    assert until(lambda: portal.request_count() == requests)
    assert until(lambda: portal.metric_values()["halocline_worker_starts_total",] >= starts)
    assert until(lambda: len(list(portal.metrics_dir.iterdir())) == 10)  # Five kinds for each of two slots.


def test_a_killed_worker_leaves_its_counters_but_not_its_gauges(gunicorn):
    portal = gunicorn()
    _ = [portal.get("/api/v1/nothing") for _ in range(10)]
    until(lambda: portal.request_count() == 10)
    portal.workers()[0].send_signal(signal.SIGKILL)
    until(lambda: portal.metric_values()["halocline_worker_starts_total",] == 2)
    portal.get("/api/v1/nothing")

    assert until(lambda: portal.request_count() == 11)
    assert portal.metric_values()["halocline_worker_threads",] == 7


def test_metrics_of_an_earlier_container_are_deleted(gunicorn, tmp_path):
    (tmp_path / "metrics").mkdir()
    stale = tmp_path / "metrics" / "counter_7.db"
    stale.touch()
    gunicorn()

    assert not stale.exists()


def test_without_a_directory_gunicorn_creates_one_and_deletes_it(gunicorn, tmp_path):
    portal = gunicorn(PROMETHEUS_MULTIPROC_DIR="")
    created = list(tmp_path.glob("halocline-metrics-*/*.db"))
    portal.stop()

    assert created != []
    assert list(tmp_path.glob("halocline-metrics-*")) == []


def test_the_metrics_process_exposes_workers_and_the_store(gunicorn, metrics_process, db):
    db.counters.insert_one({"_id": "imports:stored", "n": 7})
    gunicorn().get("/api/v1/nothing")
    process = metrics_process()
    text = process.get("/metrics").body.decode()

    assert 'halocline_imports_total{outcome="stored"} 7.0' in text
    assert 'halocline_imports_total{outcome="refused"} 0.0' in text
    assert "halocline_worker_threads 7.0" in text
    assert "halocline_worker_concurrency_limit 3.0" in text
    assert process.get("/metrics?name[]=halocline_worker_threads").status == 200
    assert process.get("/").status == 404


def test_the_metrics_process_runs_without_mongodb(metrics_process):
    process = metrics_process(MONGODB_URI="mongodb://127.0.0.1:9")
    answer = process.get("/metrics")

    assert answer.status == 200
    assert b"halocline_imports_total{" not in answer.body


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_the_metrics_process_ends_at_a_signal(signal_number, metrics_process):
    assert metrics_process().stop(signal_number) == 0


def test_the_metrics_process_reports_a_missing_setting(start):
    process = start([sys.executable, "-m", "app.cli", "metrics"], 0, PROMETHEUS_MULTIPROC_DIR="")

    assert process.child.wait(60) == 2
    assert process.log.read_text().startswith("PROMETHEUS_MULTIPROC_DIR: ")
    assert process.log.read_text().count("\n") == 1
