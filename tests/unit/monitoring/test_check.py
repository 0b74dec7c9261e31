"""`make rules`: a missing tool is a notice on a developer's machine and a failure in CI; slow tests need an option."""

from pathlib import Path

import pytest

from monitoring import check


@pytest.fixture(autouse=True)
def no_tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)


def test_missing_tools_are_reported_and_skipped_on_a_developers_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([]) == 0

    output = capsys.readouterr()
    assert output.out == "ok: generated files\n"
    assert "SKIPPED: promtool is not on PATH" in output.err
    assert "SKIPPED: amtool is not on PATH" in output.err


def test_missing_tools_fail_in_ci(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    assert check.main([]) == 1
    assert "FAILED: promtool is not on PATH" in capsys.readouterr().err


def test_slow_rule_tests_run_only_on_request() -> None:
    fast, every = check.rule_tests(slow=False), check.rule_tests(slow=True)

    assert {path.parent.name for path in set(every) - set(fast)} == {"slow"}
    assert {path.parent.name for path in fast} == {"tests"}
    assert len(every) == len(list((check.HERE / "rules/tests").rglob("*.yml")))
