"""The aims of the benchmark: the rule by which the short form fails, and the modules that measure the aims."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from click.testing import CliRunner

from bench import __main__ as command
from bench import data, families, measured, report
from bench.measured import Aim, Bench, Measured

AT_LEAST = Aim("fast", "fast / slow", "pages", ">=", 0.8, short=True)
AT_MOST = Aim("small", "large / small", "pages", "<=", 4.0, short=True)
# Smallest and largest of the rounds: 0.9 is 1.5 times 0.6.
QUIET, NOISY, WITH_ZERO = {"spread": [0.61, 0.9]}, {"spread": [0.6, 0.9]}, {"spread": [0.0, 0.005]}


@pytest.mark.parametrize(
    ("aim", "recorded", "failing"),
    [
        (AT_LEAST, QUIET, 0.305),
        (AT_LEAST, {"spread": [0.9, 1.1]}, 0.4),
        (AT_LEAST, NOISY, 0.06),
        (AT_LEAST, None, 0.08),
        (AT_MOST, {"spread": [5.0, 6.0]}, 12.0),
        (AT_MOST, {"spread": [2.0, 2.5]}, 8.0),
        (AT_MOST, {"spread": [3.0, 6.0]}, 60.0),
        (AT_MOST, None, 40.0),
        (AT_MOST, {"spread": [0.0, 0.0]}, 40.0),
        (replace(AT_MOST, limit=0.001), WITH_ZERO, 0.05),
    ],
)
def test_a_value_fails_by_a_factor_that_depends_on_the_noise_of_the_recorded_rounds(aim, recorded, failing):
    assert aim.failing(recorded) == pytest.approx(failing)


@pytest.mark.parametrize(("aim", "good", "bad"), [(AT_LEAST, 0.31, 0.3), (AT_MOST, 7.9, 8.1)], ids=["least", "most"])
def test_only_a_value_beyond_the_failing_one_fails(aim, good, bad):
    assert (aim.fails(good, QUIET), aim.fails(bad, QUIET)) == (False, True)


def test_an_aim_that_the_short_form_does_not_check_never_fails():
    assert not replace(AT_LEAST, short=False).fails(0.0, None)


def test_the_short_form_checks_ratios_and_no_absolute_time():
    checked = {name for name, aim in measured.aims().items() if aim.short}
    assert checked >= {"landing_warm", "not_modified", "compressed", "observed", "commands", "miss", "hot_search"}
    assert checked.isdisjoint({"worker_start", "worker_memory", "fresh"})


def test_each_family_is_a_module_of_rows_and_each_module_a_family():
    names = {aim.family for aim in measured.aims().values()}
    assert names == {path.stem for path in (report.ROOT / "bench" / "rows").glob("*.py")}
    assert all(callable(families.measurements(name)) for name in names)


def test_families_are_in_the_order_of_their_aims_and_of_one_group():
    aims = {"a": replace(AT_MOST, family="second"), "b": AT_LEAST, "c": replace(AT_MOST, family="second")}
    aims["d"] = replace(AT_LEAST, family="cluster", group="cluster")
    aims["e"] = replace(AT_LEAST, family="slow", short=False)
    assert families.of(aims, "machine") == ["second", "pages", "slow"]
    assert families.of(aims, "machine", short=True) == ["second", "pages"]
    assert families.of(aims, "cluster") == ["cluster"]


@pytest.fixture
def short_form(monkeypatch, tmp_path) -> Callable[..., tuple[int, str]]:
    """Run the short form on the family `miss`, whose rounds have these values, run by run; exit status and output."""

    def run(*values: float) -> tuple[int, str]:
        remaining = list(values)

        def measure(_bench: Bench):
            yield Measured("miss", (remaining.pop(0),) * 3)

        monkeypatch.setattr(families, "measurements", lambda _family: measure)
        monkeypatch.setattr(data, "stores", lambda _home: data.Stores("", ""))
        monkeypatch.setattr(data, "HOME", tmp_path)
        monkeypatch.setattr(report, "RESULTS", tmp_path / "results.json")
        result = CliRunner().invoke(command.main, ["--short", "--only", "miss"])
        assert not remaining
        return result.exit_code, result.output

    return run


def test_the_short_form_passes_a_good_value_without_a_second_run(short_form):
    status, output = short_form(3.0)
    assert (status, "again" in output) == (0, False)


def test_the_short_form_passes_if_the_second_run_is_good(short_form):
    status, output = short_form(500.0, 3.0)
    assert (status, "Measuring again: miss" in output) == (0, True)


def test_the_short_form_fails_and_names_an_aim_that_fails_twice(short_form):
    status, output = short_form(500.0, 500.0)
    assert (status, "Missed by far: landing on a miss" in output) == (1, True)
