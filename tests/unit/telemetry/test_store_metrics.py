"""Metrics from the store: at most ten seconds old, absent while it is unreachable."""

from datetime import UTC, datetime, timedelta

from pymongo.errors import ServerSelectionTimeoutError

from app.telemetry.store_metrics import MOST_PLATFORMS, StoreMetrics, StoreReads

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def values(collector):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in collector.collect()
        for sample in family.samples
    }


def test_the_store_is_read_again_after_ten_seconds():
    clock = iter([100.0, 109.9, 110.0])
    counts = iter([{"stored": 1}, {"stored": 2}])
    collector = StoreMetrics(StoreReads(imports=lambda: next(counts)), clock=lambda: next(clock))

    assert [values(collector)["halocline_imports_total", "stored"] for _ in range(3)] == [1, 1, 2]


def test_ages_grow_between_two_reads():
    now = iter([NOW, NOW + timedelta(seconds=5)])
    reads = StoreReads(last_data=lambda: {"sea077": NOW - timedelta(hours=1)})
    collector = StoreMetrics(reads, clock=lambda: 0.0, now=lambda: next(now))

    assert [values(collector)["halocline_data_age_seconds", "sea077"] for _ in range(2)] == [3600, 3605]


def test_data_from_the_future_have_the_age_zero():
    collector = StoreMetrics(StoreReads(last_data=lambda: {"ahead": NOW + timedelta(minutes=1)}), now=lambda: NOW)

    assert values(collector)["halocline_data_age_seconds", "ahead"] == 0


def test_the_platforms_with_the_newest_data_have_an_age():
    reads = StoreReads(last_data=lambda: {str(n): NOW - timedelta(hours=n) for n in range(MOST_PLATFORMS + 5)})
    ages = values(StoreMetrics(reads, now=lambda: NOW))

    assert len(ages) == MOST_PLATFORMS
    assert ("halocline_data_age_seconds", str(MOST_PLATFORMS)) not in ages


def test_a_queue_without_a_rebuild_has_the_age_zero():
    reads = StoreReads(waiting=lambda: {"sections": NOW - timedelta(minutes=2), "totals": None})
    ages = values(StoreMetrics(reads, now=lambda: NOW))

    assert ages == {("halocline_derived_age_seconds", "sections"): 120, ("halocline_derived_age_seconds", "totals"): 0}


def test_a_failed_read_leaves_the_others(logged):
    def unreachable():
        raise ServerSelectionTimeoutError

    reads = StoreReads(imports=unreachable, last_data=unreachable, profiles=lambda: 7)

    assert values(StoreMetrics(reads)) == {("halocline_profiles_ingested_total",): 7}
    assert [(line["event"], line["read"]) for line in logged()] == [("store_unreachable", "imports")]


def test_platforms_at_sea_are_counted_by_state():
    counts = {"on_time": 3, "late": 1, "silent": 0}
    reads = StoreReads(reporting=lambda: counts)

    assert values(StoreMetrics(reads)) == {("halocline_platforms", state): count for state, count in counts.items()}
