"""docs/operations.md lists exactly the settings."""

import re
from pathlib import Path

from app.config import Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_the_table_lists_exactly_the_settings() -> None:
    section = (DOCS / "operations.md").read_text(encoding="utf-8").partition("## Settings")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", section, flags=re.MULTILINE))
    settings = {str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}
    assert documented == settings
