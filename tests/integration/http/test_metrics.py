"""Counters never decrease, however workers end."""

import re
import signal
import sys
from datetime import UTC, datetime, timedelta

import pytest

from .conftest import until


def ages(text, name):
    """The values of a metric in whole minutes, by its only label."""
    samples = re.findall(rf'^{name}\{{\w+="(\w+)"\}} (\S+)$', text, re.M)
    return {label: int(float(value)) // 60 for label, value in samples}


STATES = {"on_time": 2.0, "late": 1.0, "silent": 0.0}


def platform(name, age_h, simulated=False):
    """The document of a platform with data of this age."""
    last_seen_at = datetime.now(UTC) - timedelta(hours=age_h)
    keys = {"_id": name, "platform": name, "serial": name, "serial_key": name}
    days = {"late_at": 0.75, "silent_at": 3, "over_from": 14}
    times = {key: last_seen_at + timedelta(days=count) for key, count in days.items()}
    return {**keys, **times, "simulated": simulated, "last_seen_at": last_seen_at}


# A start of a worker takes a second of CPU time.
@pytest.mark.parametrize(("requests", "starts"), [(30, 4), pytest.param(120, 12, marks=pytest.mark.slow)])
def test_recycled_workers_count_every_request_into_the_same_files(gunicorn, requests, starts):
    portal = gunicorn("--max-requests", "10", "--max-requests-jitter", "0", WEB_WORKERS="2")
    totals = [portal.request_count() for _ in range(requests) if portal.get("/api/v1/nothing").status == 404]

    assert len(totals) == requests
    assert totals == sorted(totals)
    assert until(lambda: portal.request_count() == requests)
    assert until(lambda: portal.worker_starts() >= starts)
    assert portal.worker_starts("boot") == 2
    assert until(lambda: len(list(portal.metrics_dir.iterdir())) == 12)  # Six kinds for each of two slots.


def test_a_killed_worker_leaves_its_counters_but_not_its_gauges(gunicorn):
    portal = gunicorn()
    _ = [portal.get("/api/v1/nothing") for _ in range(10)]
    until(lambda: portal.request_count() == 10)
    portal.workers()[0].send_signal(signal.SIGKILL)
    until(lambda: portal.worker_starts("replaced") == 1)
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
    now = datetime.now(UTC)
    db.counters.insert_one({"_id": "imports:stored", "n": 7, "profiles": 350})
    db.platforms.insert_many([platform("sea077", 2), platform("made", 3, simulated=True), platform("silent", 30)])
    db.derived_pending.insert_many(
        {"_id": scope, "number": 1, "at": now - timedelta(minutes=minutes)}
        for scope, minutes in (("sections:sea077/1", 5), ("sections:sea077/2", 9), ("updates:sea077", 1))
    )
    gunicorn().get("/api/v1/nothing")
    process = metrics_process()
    text = process.get("/metrics").body.decode()

    assert 'halocline_imports_total{outcome="stored"} 7.0' in text
    assert 'halocline_imports_total{outcome="refused"} 0.0' in text
    assert "halocline_profiles_ingested_total 350.0" in text
    assert ages(text, "halocline_data_age_seconds") == {"sea077": 2 * 60, "made": 3 * 60}
    waiting = {"sections": 9, "updates": 1, "basins": 0, "tracks": 0, "subtotals": 0, "totals": 0}
    assert ages(text, "halocline_derived_age_seconds") == waiting
    assert [f'halocline_platforms{{state="{state}"}} {count}' in text for state, count in STATES.items()] == [True] * 3
    assert "halocline_worker_threads 7.0" in text
    assert "halocline_worker_concurrency_limit 3.0" in text
    assert process.get("/metrics?name[]=halocline_worker_threads").status == 200
    assert process.get("/").status == 404


def test_the_metrics_process_runs_without_mongodb(metrics_process):
    process = metrics_process(MONGODB_URI="mongodb://127.0.0.1:9")
    answer = process.get("/metrics")

    assert answer.status == 200
    assert b"halocline_imports_total{" not in answer.body
    assert b"halocline_data_age_seconds{" not in answer.body


def test_in_production_simulated_platforms_have_no_age(metrics_process, db):
    db.platforms.insert_many([platform("sea077", 2), platform("made", 3, simulated=True)])
    text = metrics_process(HALOCLINE_ENVIRONMENT="production").get("/metrics").body.decode()

    assert ages(text, "halocline_data_age_seconds") == {"sea077": 2 * 60}


def test_a_worker_measures_itself_and_its_dependencies(gunicorn):
    portal = gunicorn()
    _ = [portal.get(path) for path in ("/api/v1/missions", "/nothing", "/stats")]

    def has(name, *labels):
        return until(lambda: portal.metric_values().get((name, *labels), 0) > 0)

    assert has("halocline_process_resident_memory_bytes")
    assert has("halocline_process_cpu_seconds_total")
    assert has("halocline_process_gc_pause_seconds_total")
    assert has("halocline_process_open_fds")
    assert has("halocline_mongodb_pool_connections", "idle")
    assert portal.metric_values()["halocline_mongodb_pool_limit",] == 10
    assert has("halocline_mongodb_pool_wait_seconds_count")
    assert has("halocline_redis_pool_connections", "in_use")
    durations = "halocline_dependency_request_duration_seconds_count"
    observed = {key[1:] for key, value in portal.metric_values().items() if key[0] == durations and value}
    assert {("mongodb", "find", "ok"), ("redis", "get", "ok"), ("redis", "rate_limit", "ok")} <= observed


def test_the_lag_of_invalidation_is_measured(gunicorn, db):
    portal = gunicorn()
    until(lambda: portal.metric_values().get(("halocline_change_log_read_timestamp_seconds",), 0) > 0)
    at = datetime.now(UTC) - timedelta(seconds=7)
    db.changes.insert_one({"_id": 1, "number": 1, "word": "w1", "follows": "", "tags": ["totals"], "at": at})
    db.counters.update_one({"_id": "changes"}, {"$set": {"n": 1, "word": "w1"}}, upsert=True)

    assert until(lambda: portal.metric_values()["halocline_change_lag_seconds",] >= 7)


def test_failures_of_dependencies_are_measured_by_outcome(gunicorn):
    portal = gunicorn(MONGODB_URI="mongodb://127.0.0.1:9", REDIS_URL="redis://127.0.0.1:9/0", MONGODB_TIMEOUT_MS="100")
    _ = [portal.get(path) for path in ("/api/v1/missions", "/stats")]
    durations = "halocline_dependency_request_duration_seconds_count"

    assert until(lambda: portal.metric_values().get((durations, "redis", "rate_limit", "error"), 0) > 0)
    assert portal.metric_values()["halocline_log_messages_total", "warning"] > 0


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_the_metrics_process_ends_at_a_signal(signal_number, metrics_process):
    assert metrics_process().stop(signal_number) == 0


def test_the_metrics_process_reports_a_missing_setting(start):
    process = start([sys.executable, "-m", "app.cli", "metrics"], 0, PROMETHEUS_MULTIPROC_DIR="")

    assert process.child.wait(60) == 2
    assert process.log.read_text().startswith("PROMETHEUS_MULTIPROC_DIR: ")
    assert process.log.read_text().count("\n") == 1
