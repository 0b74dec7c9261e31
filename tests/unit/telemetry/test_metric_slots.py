"""The lowest free slot is taken first, and only the gauges of a dead worker are deleted."""

import pytest

from app.telemetry import metric_slots


@pytest.mark.parametrize(("taken", "free"), [([], 0), ([0, 1], 2), ([1, 2], 0), ([0, 2], 1), ([2, 0, 1], 3)])
def test_the_lowest_slot_without_a_worker_is_free(taken, free):
    assert metric_slots.lowest_free(taken) == free


def test_a_process_that_is_no_worker_has_no_slot():
    assert metric_slots.current() is None


def test_the_counters_of_a_dead_worker_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    names = ["counter_0.db", "histogram_0.db", "gauge_max_0.db", "gauge_livesum_0.db", "gauge_livesum_1.db"]
    _ = [(tmp_path / name).touch() for name in names]
    metric_slots.release(0)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "counter_0.db", "gauge_livesum_1.db", "gauge_max_0.db", "histogram_0.db",
    ]  # fmt: skip


def test_wiping_deletes_metric_files_only(tmp_path):
    _ = [(tmp_path / name).touch() for name in ("counter_0.db", "notes.txt")]
    metric_slots.wipe(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
