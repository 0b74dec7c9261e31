"""The web image: its commands need only the packages of requirements/web.txt, and the others name their image."""

import importlib.metadata
import re
import subprocess
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from app.localdev.ports import free_port
from tests.integration.http.conftest import ROOT, until

PAGES = ("/", "/missions", "/map", "/stats", "/updates", "/status", "/api/v1/missions", "/api/v1/openapi.json")


def locked(role: str) -> list[str]:
    """The distributions that a role installs on this Python."""
    lines = (ROOT / f"requirements/{role}.txt").read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line.rstrip("\\ ")) for line in lines if re.match(r"\w", line)]
    return [one.name for one in requirements if one.marker is None or one.marker.evaluate()]


@pytest.fixture(scope="module")
def web_python(tmp_path_factory) -> str:
    """An interpreter that can import the portal and the packages of the web image, and no other package."""
    folder = tmp_path_factory.mktemp("web")
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for name in locked("web"):
        distribution = importlib.metadata.distribution(name)
        names = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
        _ = [(site / name).symlink_to(Path(str(distribution.locate_file(name)))) for name in names]
    (site / "halocline.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    return str(folder / "bin/python")


def test_gunicorn_and_the_metrics_need_only_the_web_packages(db, start, web_python) -> None:
    port, metrics_port = free_port(), free_port()
    metrics = start([web_python, "-m", "app.cli", "metrics"], metrics_port, METRICS_BIND=f"127.0.0.1:{metrics_port}")
    command = [web_python, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py")]
    portal = start(command, port, WEB_BIND=f"127.0.0.1:{port}", WEB_WORKERS="1")
    until(lambda: portal.get("/livez").status == 200 and metrics.get("/livez").status == 200)

    assert {path: portal.get(path).status for path in PAGES} == dict.fromkeys(PAGES, 200)
    assert metrics.get("/metrics").status == 200


def test_the_indexes_need_only_the_web_packages(db, start, web_python) -> None:
    process = start([web_python, "-m", "app.cli", "indexes"], 0)

    assert process.child.wait(60) == 0
    assert "collections are ready" in process.log.read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ["ingest", "pyproject.toml"],
        ["verify"],
        ["simulate", "--once"],
        ["seed", "--missions", "1"],
        ["erddap", "https://erddap.example.org/erddap"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command_of_the_importer_names_its_image(web_python, arguments: list[str]) -> None:
    result = subprocess.run(
        [web_python, "-m", "app.cli", *arguments], cwd=ROOT, env={}, capture_output=True, text=True, check=False
    )

    assert result.returncode == 2
    assert re.fullmatch(
        r"halocline: \S+ is not installed here: this command needs the image halocline-ingest, .+\n", result.stderr
    )


def test_a_command_for_development_names_the_checkout(web_python, tmp_path) -> None:
    command = [web_python, "-m", "app.cli", "up", "--home", str(tmp_path), "--port", str(free_port())]
    result = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=False)

    assert result.returncode == 2
    assert (
        result.stderr
        == "halocline: fiftyone is not installed here: this command runs only from a checkout, see `make help`\n"
    )
