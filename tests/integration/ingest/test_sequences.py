"""The contract of expected.json for several files in one store: sequences of imports, and missions of many files."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from app.store import missions

_EXPECTED = Path(os.environ.get("HALOCLINE_TEST_DATA", "")) / "real" / "expected.json"
EXPECTED: dict[str, Any] = json.loads(_EXPECTED.read_text("utf-8")) if _EXPECTED.is_file() else {}
TOGETHER: dict[str, Any] = EXPECTED.get("together", {})
# The options that the name of a case describes.
OPTIONS = {"two dives of SG005 with --mission 20080604T0000": Options(mission="20080604T0000")}


@pytest.mark.parametrize("number", range(len(EXPECTED.get("sequences", [None]))))
def test_a_sequence_of_files_ends_as_expected(
    real: Path, ingest: Callable[..., list[Report]], db: Database[dict[str, Any]], number: int
) -> None:
    sequence = EXPECTED["sequences"][number]

    reports = [ingest(real / step[0])[0] for step in sequence["steps"]]

    assert [[r.outcome, r.reason_code][: len(s) - 1] for r, s in zip(reports, sequence["steps"], strict=True)] == [
        step[1:] for step in sequence["steps"]
    ]
    documents = list(db.missions.find())
    then = sequence["then"]
    assert len(documents) == then["missions"]
    assert [(doc["data_mode"], doc["figures"]["profiles"]) for doc in documents] == [
        (then["data_mode"], then["profiles"])
    ]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0, 1)])
@pytest.mark.parametrize("name", list(TOGETHER) or [pytest.param("", id="no real files")])
def test_profiles_of_one_mission_give_the_same_figures_in_any_order(
    real: Path, ingest: Callable[..., list[Report]], db: Database[dict[str, Any]], name: str, order: tuple[int, ...]
) -> None:
    case = TOGETHER[name]
    files = case["files"]

    # A case of two files imports a file twice, which changes nothing.
    ingest(*(real / files[i % len(files)] for i in order), options=OPTIONS.get(name))

    (document,) = db.missions.find()
    mission = missions.find(document["platform"], document["mission"])
    assert mission is not None
    expected = case["mission"]
    assert (mission.figures.samples, mission.figures.profiles) == (expected["samples"], expected["profiles"])
    assert mission.figures.distance_m == pytest.approx(expected["distance_m"], rel=1e-3)
    assert mission.figures.vertical_m == pytest.approx(expected["vertical_m"], rel=1e-3)
    assert mission.figures.max_depth_m == pytest.approx(expected["max_depth_m"], abs=0.01)
    assert mission.figures.bbox == pytest.approx(tuple(expected["bbox"]), abs=1e-4)
    assert db.profiles.count_documents({"version": mission.version}) == expected["profiles"]
