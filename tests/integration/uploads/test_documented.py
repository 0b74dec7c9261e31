"""The commands of docs/uploads.md, run by a shell against the real server."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.uploads.conftest import Portal, Start
from tests.made_files import time_series

PAGE = (Path(__file__).parents[3] / "docs/uploads.md").read_text(encoding="utf-8")
DRY_RUN, STATUS, IMPORT, PUT, QUARANTINE = re.findall(r"```bash\n(.*?)```", PAGE, flags=re.DOTALL)
DOCUMENTED = json.loads(re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)[0])
Run = Callable[..., Any]


@pytest.fixture
def careful(start_portal: Start, db: Any) -> Portal:
    """A portal where uploads of importers wait for an operator."""
    return start_portal(HALOCLINE_UPLOAD_QUARANTINE="true")


@pytest.fixture
def run(careful: Portal, tmp_path: Path, importer: str, operator: str) -> Run:
    """A function that runs a command in a folder with the file, and returns its JSON; its port is that of the test."""
    if shutil.which("curl") is None:
        pytest.fail("curl is not installed")
    time_series(tmp_path / "mission.nc")
    names = {"KEY": importer, "OPERATOR": operator, "PATH": "/usr/bin:/bin"}

    def result(command: str, upload: str = "") -> Any:
        text = command.replace("127.0.0.1:8000", f"127.0.0.1:{careful.process.port}").replace("curl ", "curl -s ")
        done = subprocess.run(
            ["bash", "-euc", text], cwd=tmp_path, env={**names, "ID": upload}, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return result


def test_the_commands_work_and_return_the_documented_fields(careful: Portal, run: Run, importer: str) -> None:
    waiting, approve, reject = QUARANTINE.strip().splitlines()
    dry = run(DRY_RUN)
    ended = careful.wait(dry["id"], importer)
    status = run(STATUS, dry["id"])
    imported, repeated = run(IMPORT, dry["id"]), run(IMPORT, dry["id"])
    rejected = run(reject, careful.wait(imported["id"], importer)["id"])
    first, second = run(PUT), run(PUT)
    careful.wait(first["id"], importer)

    assert status == ended
    assert imported["id"] == repeated["id"] == rejected["id"] != dry["id"]
    assert ended.keys() == DOCUMENTED.keys()
    assert ended["result"][0].keys() == DOCUMENTED["result"][0].keys()
    assert [first["id"], "waiting"] == [second["id"], run(STATUS, first["id"])["state"]]
    assert [item["id"] for item in run(waiting)["items"]] == [first["id"]]
    assert run(approve, first["id"])["decided_by"].startswith("key operator")
    assert careful.wait(first["id"], importer)["result"][0]["outcome"] == "stored"
