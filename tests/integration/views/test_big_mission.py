"""The page of a mission with 60 variables, 5 000 profiles and 200 warnings stays small and leaves nothing out."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app.ingest import importer
from app.ingest.context import ImportContext
from tests.conftest import Seed
from tests.made_big_mission import MISSION, PROFILES, VARIABLES, WARNINGS, big_file, warnings

Page = Callable[[str], str]
Db = Database[dict[str, Any]]
# Half of the 150 kB that a first view may transfer; the rest is for styles, scripts and the map.
MAX_COMPRESSED_BYTES = 30_000


@pytest.fixture
def html(blank_pictures: None, tools: ImportContext, seed: Seed, db: Db, tmp_path: Path, page: Page) -> str:
    """The page of the mission."""
    seed("a big mission", lambda: list(importer.real([big_file(tmp_path / "big.nc")], tools)))
    db.missions.update_one({}, {"$set": {"warnings": warnings()}})
    return page(MISSION)


def test_everything_of_a_big_mission_is_shown_or_folded_on_a_small_page(html: str) -> None:
    assert len(gzip.compress(html.encode())) <= MAX_COMPRESSED_BYTES
    assert f'data-figure="profiles" value="{PROFILES}"' in html
    assert html.count("data-warning=") == WARNINGS
    assert html.count('<th scope="row" class="breaks">') == VARIABLES
    assert f"{VARIABLES - 15} more variables" in html
    assert f"{WARNINGS - 12} more warnings" in html
    assert len(re.findall(r"<figure ", html)) == 13
    assert f"{VARIABLES - 12} variables without a plot here" in html
    assert html.count("<tr>") < 150
