"""The commands of the section about corrections in docs/operations.md, run in their order on the demo missions."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from app import extensions
from tests.integration.operator.conftest import Run, differences

ROOT = Path(__file__).parents[3]
SECTION = (ROOT / "docs/operations.md").read_text("utf-8").partition("\n## Corrections\n")[2].partition("\n## ")[0]
COMMANDS = [shlex.split(line)[1:] for line in re.findall(r"^\$ (halocline .+)$", SECTION, flags=re.MULTILINE)]
MISSION = "smilla77/20221208T1145"


def test_every_documented_command_succeeds(
    halocline: Run, done: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {path.name: str(path) for path in (ROOT / "demo").glob("*.nc")}
    done("ingest", files["nrt_SEA077_M17.nc"])
    done("ingest", "--mode", "D", files["nrt_SEA077_M17.nc"])
    version = json.loads(done("versions", MISSION, "--json").splitlines()[0])["version"]
    known = {"VERSION": version, **files}

    for words in COMMANDS:
        result = halocline(*(known.get(word, word) for word in words))
        assert result.exit_code == 0, (words, result.output, result.exception)
        if words[:2] == ["keys", "create"]:
            known["ID"] = result.stdout.split("_")[1]

    assert extensions.mongo.db.platforms.distinct("_id") == ["dfo-eva035035", "sea077"]
    assert extensions.mongo.db.missions.find_one({"platform": "sea077"})["data_mode"] == "D"
    assert (tmp_path / "copies/nrt_SEA077_M17.nc").read_bytes() == (ROOT / "demo/nrt_SEA077_M17.nc").read_bytes()
    assert differences() == []


def test_the_section_names_every_command_of_corrections() -> None:
    named = {words[0] for words in COMMANDS}
    assert named == {"withdraw", "ingest", "versions", "rollback", "originals", "rename", "verify", "keys", "audit"}
