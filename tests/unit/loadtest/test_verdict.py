"""Thresholds are read from a file, and each one that a summary misses is one line of the verdict."""

import pytest

FIGURES = {"kind": "api", "requests": 10, "failed": 0, "shed": 0, "p50_ms": 5, "p95_ms": 10, "p99_ms": 20}


@pytest.fixture(scope="module")
def thresholds(module):
    return module("thresholds")


@pytest.fixture
def read(thresholds, tmp_path):
    """Read the thresholds of `smoke` from a file with these lines after the required ones."""

    def load(*lines, **overrides):
        path = tmp_path / "own.toml"
        path.write_text("\n".join(["[smoke]", "max_failed_ratio = 0", "p95_ms = 50", "min_requests = 1", *lines]))
        return thresholds.load(path, "smoke", **overrides)

    return load


@pytest.fixture(scope="module")
def missed(module):
    """The missed thresholds of a good summary with these changes."""

    def lines(thresholds, **changes):
        names = {"/api/v1/tracks": FIGURES, "/api/v1/totals": FIGURES}
        good = {"requests": 20, "failed": 0, "shed": 0, "limited": 0, "unanswered": 0, "p95_ms": 10, "names": names}
        kinds = {"api": FIGURES | {"requests": 20}}
        return module("verdict").missed(good | {"kinds": kinds} | changes, thresholds)

    return lines


def test_a_good_summary_misses_nothing(read, missed):
    assert missed(read("[smoke.kinds]", "api = { p95_ms = 10, p99_ms = 20, max_failed_ratio = 0 }")) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"requests": 0}, "no request was made"),
        ({"failed": 3, "shed": 1}, "2 of 20 requests failed, at most 0.00% wanted"),
        ({"failed": 1, "shed": 1}, "1 of 20 requests shed, at most 0.00% wanted"),
        ({"unanswered": 1}, "1 of 20 requests failed, at most 0.00% wanted"),
        ({"limited": 1}, "1 of 20 requests over the limits of one client: switch them off"),
        ({"p95_ms": 51}, "p95 51 ms, at most 50 ms wanted; slowest is /api/v1/tracks (10 ms)"),
    ],
    ids=["no request", "failed", "shed", "unanswered", "limited", "slow"],
)
def test_each_missed_threshold_is_one_line(read, missed, changes, line):
    assert line in missed(read(), **changes)


def test_a_run_with_too_few_requests_misses(read, missed):
    assert missed(read(min_requests=21)) == ["20 requests, at least 21 wanted"]


def test_a_kind_that_fails_is_named_with_its_worst(read, missed):
    names = {"/api/v1/tracks": FIGURES | {"failed": 2}, "/api/v1/totals": FIGURES | {"failed": 1}}
    kinds = {"api": FIGURES | {"requests": 20, "failed": 3}}
    lines = missed(read("[smoke.kinds]", "api.max_failed_ratio = 0.1"), names=names, kinds=kinds)
    assert lines == ["api: 3 of 20 failed, at most 10.00% wanted; most of them /api/v1/tracks"]


def test_a_p95_instead_of_the_file_replaces_the_time_limits_of_kinds_and_names(read, missed):
    lines = ["[smoke.kinds]", "api.p95_ms = 1", "[smoke.names]", '"/api/v1/tracks".p95_ms = 1']
    assert len(missed(read(*lines))) == 2
    assert missed(read(*lines, p95_ms=10.0)) == []


def test_an_unknown_threshold_is_refused(read, thresholds):
    with pytest.raises(thresholds.Unreadable, match="'speed'"):
        read("speed = 3")


def test_a_threshold_may_be_the_objective_of_the_portal(read):
    loaded = read('[smoke.kinds]\npages = { p95_ms = "objective", p99_ms = "objective" }')

    assert (loaded.kinds["pages"].p95_ms, loaded.kinds["pages"].p99_ms) == (250, 1000)


def test_an_objective_that_does_not_exist_is_refused(read, thresholds):
    with pytest.raises(thresholds.Unreadable, match="p90_ms"):
        read('[smoke.kinds]\npages = { p90_ms = "objective" }')


def test_an_unknown_kind_is_refused(read, thresholds):
    with pytest.raises(thresholds.Unreadable, match="no kind of request: files"):
        read("[smoke.kinds]", "files.p95_ms = 1")


@pytest.mark.parametrize("shape", ["smoke", "steady", "soak", "rollout", "stairs", "spike", "breakpoint"])
def test_every_shape_has_thresholds(module, thresholds, shape):
    path = module("options")._HERE / "thresholds.toml"
    assert thresholds.load(path, shape).min_requests > 0


@pytest.mark.parametrize("shape", ["steady", "soak"])
def test_a_long_run_has_the_objectives_of_the_portal(module, thresholds, shape):
    loaded = thresholds.load(module("options")._HERE / "thresholds.toml", shape)

    assert [(loaded.kinds[kind].p95_ms, loaded.kinds[kind].p99_ms) for kind in ("pages", "api")] == [(250, 1000)] * 2
    # Stricter than availability and the journeys of visitors: a run without failures has no failed journey.
    assert loaded.max_failed_ratio == 0
