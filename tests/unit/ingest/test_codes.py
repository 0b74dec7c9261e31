"""Codes are a contract: the documentation lists exactly the codes of the program."""

import re
from pathlib import Path

import pytest

from app.ingest.interpret.quality_control import WARNINGS
from app.ingest.refusals import CODES

TEXT = Path(__file__).parents[3].joinpath("docs/data.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("heading", "codes"), [("Warnings", WARNINGS), ("Refusals", CODES)])
def test_the_documentation_lists_every_code_with_its_meaning(heading: str, codes: dict[str, str]) -> None:
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]

    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE)) == codes
