"""slo.yaml: a broken file is refused with line and reason; what else follows from it."""

from decimal import Decimal
from pathlib import Path

import pytest

from monitoring import generate, published, slo
from tests.unit.monitoring.sources import MONITORING, ROOT

TEXT = (MONITORING / "slo.yaml").read_text("utf-8")


def line_of(text: str) -> int:
    """Return the number of the first line of slo.yaml that contains a text."""
    return next(number for number, line in enumerate(TEXT.splitlines(), 1) if text in line)


BROKEN = {
    "objective: 0.999": ("objective: 99.9", "objective must be a share between 0 and 1, not 99.9"),
    "objective: 0.95": ("objective: high", "objective must be a number, not 'high'"),
    "indicator: errors": (
        "indicator: error",
        "indicator must be one of errors, latency, journey, freshness, not 'error'",
    ),
    "below: 250ms": ("below: quarter", "below must be a duration such as 30s, 5m, 6h or 3d, not 'quarter'"),
    "below: 1s": ("below: 0s", "below must be longer than 0"),
    "page_above: 4": ("page_above: -1", "page_above must be a whole number of at least 0, or null, not -1"),
    "- name: latency-1s": ("- name: latency-250ms", "name latency-250ms is given twice"),
    "younger_than: 6h": ("older_than: 6h", "younger_than is missing"),
    "team: halocline-sre": ("teams: halocline-sre", "team is missing"),
    "keep_firing_for: 5m": ("keep_firing_for: 5m\nhold: 5m", "hold is an unknown field"),
    "service: halocline": ("service: halocline\nservice: other", "service is given twice"),
    "runbooks: https://halocline.example/runbooks": (
        "runbooks: halocline.example",
        r"runbooks must be a text that matches https?://\S+[^/\s], not 'halocline.example'",
    ),
    "short: 5m, factor: 14.4": (
        "short: 2h, factor: 14.4",
        "short must be longer than 0 and shorter than long (1h), not 2h",
    ),
    "factor: 6,": ("factor: 0,", "factor must be greater than 0, not 0"),
    "  title: responses that are not 5xx": ("  title: [a", "expected ',' or ']', but got ':'"),
}
# The first line of the mappings in which a field is missing.
MAPPINGS = {"younger_than: 6h": "- name: freshness", "team: halocline-sre": "service: halocline"}


@pytest.mark.parametrize("old", BROKEN)
def test_a_broken_file_is_refused_with_line_and_reason_in_one_line(
    old: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new, reason = BROKEN[old]
    path = tmp_path / "slo.yaml"
    path.write_text(TEXT.replace(old, new, 1))
    monkeypatch.setattr(slo, "SOURCE", path)

    assert generate.main(["--check"]) == 2
    name, line, text = capsys.readouterr().err.rstrip("\n").split(":", 2)
    assert (name, text) == ("slo.yaml", f" {reason}")
    # The added fields, and the end of the open list, are on the next line; a missing field is one of its mapping.
    later = "\n" in new or "[" in new
    assert int(line) == line_of(MAPPINGS.get(old, old)) + later


@pytest.mark.parametrize("content", ["", "- a\n", "a: [", "\x00"])
def test_a_file_that_is_no_mapping_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "slo.yaml"
    path.write_text(content)

    with pytest.raises(slo.Invalid, match=r"^slo\.yaml:\d+: \S.*$"):
        slo.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(slo.Invalid, match=r"^slo\.yaml:1: No such file or directory$"):
        slo.load(tmp_path / "slo.yaml")


def test_numbers_are_exact() -> None:
    assert slo.load().slo("availability").budget == Decimal("0.001")


def test_the_table_of_the_documentation_is_that_of_the_objectives() -> None:
    text = (ROOT / "docs/operations.md").read_text("utf-8")

    assert published.with_table(text, slo.load()) == text
    assert "| `availability` | responses that are not 5xx | 99.9 % | 0.1 % | 1.44 % in 1h and 5m" in text


def test_a_document_without_the_markers_is_an_error() -> None:
    with pytest.raises(ValueError, match="slo:begin"):
        published.with_table("# Operations\n", slo.load())


@pytest.mark.parametrize(
    ("share", "history_s", "seconds"),
    [
        (Decimal("0.5"), 360, 10.7),
        (Decimal(1), 3600, 51.8),
        (Decimal("0.1"), 3600, 518.4),
        (Decimal("0.001"), 3600, None),
    ],
)
def test_the_time_until_a_page_follows_from_the_objective(
    share: Decimal, history_s: int, seconds: float | None
) -> None:
    objectives = slo.load()
    row = objectives.burns[0]

    measured = row.seconds_until(objectives.slo("availability").budget, share, history_s)

    assert measured == (None if seconds is None else pytest.approx(seconds, abs=0.1))
