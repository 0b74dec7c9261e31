"""The page that draws one dashboard in a browser: its JSON, the address of Prometheus, and the bundle."""

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitoring import queries

# Pixels: three panels of about 460, which is what a screen of a laptop shows.
WIDTH = 1400
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<link rel="stylesheet" href="{bundle}/board.css">
<body data-state="new" style="margin: 0; position: relative">
<div id="board"></div>
<script>window.PICTURE = {picture};</script>
<script src="{bundle}/board.js"></script>
</html>
"""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data come from: Prometheus, the variables of the dashboard, the range, the scrape interval.

    The range ends at `end_s`, seconds since 1970, or now.
    """

    prometheus: str
    namespace: str
    service: str = "halocline"
    route: str = ".*"
    minutes: int = 60
    scrape_s: int = 10
    end_s: float | None = None


def board(name: str, folder: Path = queries.OUT) -> dict[str, Any]:
    """Return the JSON of a dashboard, such as `overview`. Raises FileNotFoundError if there is none."""
    document: dict[str, Any] = json.loads((folder / f"halocline-{name}.json").read_text(encoding="utf-8"))
    return document


def text(document: dict[str, Any], source: Source, bundle: Path, refresh_s: int = 0, is_dark: bool = True) -> str:
    """Return the HTML that draws a dashboard; with `refresh_s`, again and again."""
    picture = {
        "board": document,
        "prometheus": source.prometheus.rstrip("/"),
        "variables": {
            key: value
            for key, value in queries.variables(source.namespace, source.service, source.route).items()
            if not key.startswith("__")  # The page derives these from its range.
        },
        "minutes": source.minutes,
        "scrape_s": source.scrape_s,
        "end_s": source.end_s,
        "width": WIDTH,
        "refresh_s": refresh_s,
        "dark": is_dark,
    }
    # `</` would end the script within a text.
    script = json.dumps(picture, ensure_ascii=False).replace("</", "<\\/")
    return _PAGE.format(title=html.escape(document["title"]), bundle=bundle.resolve().as_uri(), picture=script)
