"""The results of the benchmark: rows and history in the results file, the table and the chart in the documentation."""

from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from bench import measured, report
from bench.measured import Aim, Measured

AT = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
AIMS = {
    "fast": Aim("fast", "fast / slow", "pages", ">=", 0.85),
    "small": Aim("small", "large / small", "pages", "<=", 4.0),
    "later": Aim("later", "not measured yet", "pages", "<=", 1.0),
}


@pytest.fixture
def results():
    """Two rows, the second measured first."""
    first = report.noted({}, Measured("small", (5.0, 6.0, 7.0), {"ms": 3}), AIMS["small"], "abc1234", AT)
    fast = Measured("fast", (0.8, 0.91234, 0.95), {"cpu_ms_per_1000": [310, 290]})
    return report.noted(first, fast, AIMS["fast"], "def5678", AT)


@pytest.fixture
def page(monkeypatch, tmp_path):
    """A page with the markers of the results, and a results file."""
    page = tmp_path / "performance.md"
    page.write_text(f"Before.\n\n{report._BEGIN}\nold\n{report._END}\n\nAfter.\n", encoding="utf-8")
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(report, "CHART", tmp_path / "performance.svg")
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
        "about": {"cpu_ms_per_1000": [310, 290]},
        "revision": "def5678",
        "at": "2024-05-01T12:30+00:00",
    }


def test_a_row_measured_again_replaces_only_itself(results):
    again = report.noted(results, Measured("small", (2.0,)), AIMS["small"], "0123456", AT)
    assert (again["rows"]["small"]["verdict"], again["rows"]["small"]["revision"]) == ("met", "0123456")
    assert again["rows"]["fast"] == results["rows"]["fast"]


def test_each_revision_adds_an_entry_to_the_history_of_its_aim(results):
    again = report.noted(results, Measured("small", (2.0, 3.0, 4.0)), AIMS["small"], "0123456", AT)
    assert again["history"] == {
        "small": [
            ["2024-05-01T12:30+00:00", "abc1234", 6.0, 5.0, 7.0],
            ["2024-05-01T12:30+00:00", "0123456", 3.0, 2.0, 4.0],
        ],
        "fast": results["history"]["fast"],
    }


def test_a_second_result_of_a_revision_replaces_its_entry(results):
    again = report.noted(results, Measured("small", (2.0,)), AIMS["small"], "abc1234", AT)
    assert again["history"]["small"] == [["2024-05-01T12:30+00:00", "abc1234", 2.0, 2.0, 2.0]]


def test_an_entry_of_the_history_is_one_line_of_the_file(results):
    lines = [line.strip() for line in report.compact(results).splitlines()]
    assert '["2024-05-01T12:30+00:00", "abc1234", 6.0, 5.0, 7.0]' in lines
    assert orjson.loads(report.compact(results)) == results


def test_the_table_has_every_aim_with_its_verdict(results):
    rows = [line for line in report.table(results, AIMS).splitlines() if line.startswith("| ")][1:]
    assert rows == [
        "| `fast` | fast / slow | ≥ 0.85 | 0.912 | 0.8 … 0.95 | 0.8, 0.95 | 3 | 310 / 290 | **undecided** |",
        "| `small` | large / small | ≤ 4 | 6 | 5 … 7 | 5, 7 | 3 |  | **missed** |",
        "| `later` | not measured yet | ≤ 1 | | | | | | not measured |",
    ]


def test_a_verdict_is_that_of_the_present_limit(results):
    stricter = {"small": replace(AIMS["small"], limit=8.0)}
    assert report.table(results, stricter).endswith("| met |")


def test_results_are_written_between_their_markers_and_the_text_around_is_kept(results, page):
    report.write(results, AIMS)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"Before.\n\n{report._BEGIN}\nMachine: ")
    assert text.endswith(f"not measured |\n{report._END}\n\nAfter.\n")
    assert "old" not in text


def test_written_results_are_read_by_the_next_run(results, page):
    report.write(results, AIMS)
    assert list(orjson.loads(report.RESULTS.read_bytes())["rows"]) == ["fast", "small"]
    assert (report.known()["rows"], report.known()["history"]) == (results["rows"], results["history"])


def test_the_chart_is_written_beside_the_page(results, page):
    report.write(results, AIMS)
    assert report.CHART.read_text(encoding="utf-8").startswith("<svg ")


def test_before_the_first_run_there_are_no_results(page):
    assert report.known() == {}


def test_a_page_without_markers_is_refused_and_unchanged(results, page):
    page.write_text("Nothing here.", encoding="utf-8")
    with pytest.raises(ValueError, match=r"performance\.md has no place"):
        report.write(results, AIMS)
    assert page.read_text(encoding="utf-8") == "Nothing here."
    assert not report.RESULTS.exists()


def test_the_documentation_has_the_markers_of_the_results():
    text = report.PAGE.read_text(encoding="utf-8")
    assert (text.count(report._BEGIN), text.count(report._END)) == (1, 1)


def test_the_documentation_shows_the_chart():
    link = f"]({report.CHART.relative_to(report.PAGE.parent).as_posix()})"
    assert link in report.PAGE.read_text(encoding="utf-8")
    assert report.CHART.exists()


def test_the_stored_results_are_those_of_present_aims():
    stored, aims = report.known(), measured.aims()
    assert stored["rows"].keys() | stored["history"].keys() <= aims.keys()
    assert {name: row["what"] for name, row in stored["rows"].items()} == {
        name: aims[name].what for name in stored["rows"]
    }
