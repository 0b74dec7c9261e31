"""Pictures of dashboards: what the page contains, what fails a run, and what the packages name."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from monitoring import queries
from monitoring.pictures import __main__ as pictures
from monitoring.pictures import packages, page

SOURCE = page.Source("http://127.0.0.1:9090/", "ocean", minutes=15)


def _picture(text: str) -> dict[str, object]:
    (script,) = re.findall(r"window\.PICTURE = (.*);</script>", text)
    picture: dict[str, object] = json.loads(script)
    return picture


def test_the_page_holds_the_dashboard_and_where_its_data_come_from(tmp_path: Path) -> None:
    picture = _picture(page.text(page.board("overview"), SOURCE, tmp_path))

    assert picture["board"] == page.board("overview")
    assert picture["prometheus"] == "http://127.0.0.1:9090"
    assert picture["variables"] == {"namespace": "ocean", "service": "halocline", "route": ".*"}
    assert (picture["minutes"], picture["end_s"], picture["refresh_s"]) == (15, None, 0)


def test_a_text_of_a_dashboard_cannot_end_the_script(tmp_path: Path) -> None:
    text = page.text({"title": "</script><b>"}, SOURCE, tmp_path)

    assert text.count("</script>") == 2
    assert _picture(text)["board"] == {"title": "</script><b>"}


def test_every_dashboard_has_a_picture() -> None:
    assert {f"halocline-{name}" for name in pictures.NAMES} == {path.stem for path in queries.OUT.glob("*.json")}


def test_a_panel_without_data_fails_a_run_unless_it_is_allowed() -> None:
    failures = [
        {"kind": "empty", "text": "Replicas: no data"},
        {"kind": "error", "text": "the type geomap is not drawn"},
    ]

    assert pictures.refused(failures, allow_empty=False) == ["Replicas: no data", "the type geomap is not drawn"]
    assert pictures.refused(failures, allow_empty=True) == ["the type geomap is not drawn"]


def test_without_npm_a_run_ends_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(packages.bundle, "__defaults__", (tmp_path / "build",))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", os.devnull)

    assert pictures.main(["--prometheus", "http://127.0.0.1:9090", "--namespace", "ocean"]) == 2
    assert capsys.readouterr().err == "npm is not on PATH: run 'make setup', or install Node.js 20.19 or newer\n"


def test_the_lock_file_pins_the_packages_and_names_no_registry() -> None:
    wanted = json.loads((packages.HERE / "package.json").read_text())
    locked = json.loads((packages.HERE / "package-lock.json").read_text())["packages"]

    assert all(
        re.fullmatch(r"\d+\.\d+\.\d+", one) for one in {**wanted["dependencies"], **wanted["devDependencies"]}.values()
    )
    assert all("integrity" in one for path, one in locked.items() if path)
    assert not [path for path, one in locked.items() if "resolved" in one]
