"""Every page and probe is in the table of addresses and is requested by a test; test_api_routes.py covers the API."""

import re
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).parents[2]
# Rows of the table that are no Flask rule of this list: WhiteNoise, live events, the API, the metrics process.
ELSEWHERE = {"/static/<path:filename>", "/live/events", "/api/v1/…", ":9100/metrics"}


def rules(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules() if not rule.rule.startswith("/api/")}


def test_the_table_of_addresses_lists_exactly_the_routes(app: Flask) -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.partition("\n## Addresses\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`([^`]+)`", " ".join(cells))) == rules(app) | ELSEWHERE


def test_every_page_and_probe_is_requested_by_a_test(app: Flask) -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    requests = {
        rule: re.search(r'["\'}]' + re.sub(r"<[^>]+>", r'[^"/?]+', rule) + r'["\'?]', tests) for rule in rules(app)
    }
    assert [rule for rule, request in requests.items() if request is None] == []
