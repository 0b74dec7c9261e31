"""docs/data.md lists exactly the codes of warnings and refusals."""

import re
from pathlib import Path

import pytest

from app.ingest.interpret.quality_control import WARNINGS
from app.ingest.refusals import CODES

TEXT = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("heading", "codes"), [("Warnings", WARNINGS), ("Refusals", CODES)])
def test_the_table_lists_exactly_the_codes_with_their_meanings(heading: str, codes: dict[str, str]) -> None:
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+?) \|$", section, flags=re.MULTILINE)) == codes
