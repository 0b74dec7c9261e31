"""The results of the benchmark: rows in the results file, and the table in the documentation."""

from datetime import UTC, datetime

import orjson
import pytest

from bench import measured, report
from bench.measured import Aim, Measured

AT = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
AIMS = {
    "fast": Aim("fast", "fast / slow", ">=", 0.85, lost=0.085),
    "small": Aim("small", "large / small", "<=", 4.0, lost=40.0),
    "later": Aim("later", "not measured yet", "<=", 1.0),
}


@pytest.fixture
def results():
    """Two rows, the second measured first."""
    first = report.noted({}, Measured("small", (5.0, 6.0, 7.0), {"ms": 3}), AIMS["small"], "abc1234", AT)
    return report.noted(first, Measured("fast", (0.8, 0.91234, 0.95)), AIMS["fast"], "def5678", AT)


@pytest.fixture
def page(monkeypatch, tmp_path):
    """A page with the markers of the results, and a results file."""
    page = tmp_path / "performance.md"
    page.write_text(f"Before.\n\n{report._BEGIN}\nold\n{report._END}\n\nAfter.\n", encoding="utf-8")
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results.json")
    return page


def test_a_row_has_median_interval_time_and_revision(results):
    assert results["rows"]["fast"] == {
        "what": "fast / slow",
        "aim": ">= 0.85",
        "median": 0.912,
        "interval": [0.8, 0.95],
        "spread": [0.8, 0.95],
        "rounds": 3,
        "verdict": "undecided",
        "about": {},
        "revision": "def5678",
        "at": "2024-05-01T12:30+00:00",
    }


def test_a_row_measured_again_replaces_only_itself(results):
    again = report.noted(results, Measured("small", (2.0,)), AIMS["small"], "0123456", AT)
    assert (again["rows"]["small"]["verdict"], again["rows"]["small"]["revision"]) == ("met", "0123456")
    assert again["rows"]["fast"] == results["rows"]["fast"]


def test_the_table_has_every_aim_with_its_verdict(results):
    rows = [line for line in report.table(results, AIMS).splitlines() if line.startswith("| ")][1:]
    assert rows == [
        "| fast / slow | ≥ 0.85 | 0.912 | 0.8 … 0.95 | 0.8, 0.95 | 3 | **undecided** |",
        "| large / small | ≤ 4 | 6 | 5 … 7 | 5, 7 | 3 | **missed** |",
        "| not measured yet | ≤ 1 | | | | | not measured |",
    ]


def test_results_are_written_between_their_markers_and_the_text_around_is_kept(results, page):
    report.write(results, AIMS)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"Before.\n\n{report._BEGIN}\nMachine: ")
    assert text.endswith(f"not measured |\n{report._END}\n\nAfter.\n")
    assert "old" not in text


def test_written_results_are_read_by_the_next_run(results, page):
    report.write(results, AIMS)
    assert list(orjson.loads(report.RESULTS.read_bytes())["rows"]) == ["fast", "small"]
    assert report.known()["rows"] == results["rows"]


def test_before_the_first_run_there_are_no_results(page):
    assert report.known() == {}


def test_a_page_without_markers_is_refused_and_unchanged(results, page):
    page.write_text("Nothing here.", encoding="utf-8")
    with pytest.raises(ValueError, match=r"performance\.md has no place"):
        report.write(results, AIMS)
    assert page.read_text(encoding="utf-8") == "Nothing here."


@pytest.mark.parametrize(
    ("aim", "value", "lost"),
    [("fast", 0.2, False), ("fast", 0.08, True), ("small", 39.0, False), ("small", 41.0, True), ("later", 99.0, False)],
)
def test_a_value_is_lost_if_it_misses_by_an_order_of_magnitude(aim, value, lost):
    assert AIMS[aim].is_lost(value) is lost


def test_the_short_form_checks_ratios_and_no_absolute_time():
    aims = measured.aims()
    watched = {name for name, aim in aims.items() if aim.lost is not None}
    assert watched >= {"landing_warm", "not_modified", "compressed", "observed", "commands", "miss"}
    assert watched.isdisjoint({"worker_start", "worker_memory", "fresh", "fresh_without_redis"})


def test_the_documentation_has_the_markers_of_the_results():
    text = report.PAGE.read_text(encoding="utf-8")
    assert (text.count(report._BEGIN), text.count(report._END)) == (1, 1)
