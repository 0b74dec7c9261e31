"""`make rules`: a missing tool is a notice on a developer's machine and a failure in CI."""

from pathlib import Path

import pytest

from monitoring import check


@pytest.fixture(autouse=True)
def no_tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)


def test_missing_tools_are_named_and_let_a_developer_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([]) == 0

    said = capsys.readouterr()
    assert said.out == "ok: generated files\n"
    assert "SKIPPED: promtool is not on PATH" in said.err
    assert "SKIPPED: amtool is not on PATH" in said.err


def test_missing_tools_fail_in_ci(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    assert check.main([]) == 1
    assert "FAILED: promtool is not on PATH" in capsys.readouterr().err
