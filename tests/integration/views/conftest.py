"""Fixtures of the page tests: missions are imported from generated files, as in production."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.ingest import context, importer
from app.ingest.interpret.identity import Options
from tests import made_files
from tests.conftest import Seed

HOSTILE = "\"'><script>alert(1)</script><!-- {{ 7*7 }}"
SUMMER = 1_625_000_000.0  # 2021-06-29T20:53:20Z


@pytest.fixture
def import_mission(tools: context.ImportContext, seed: Seed, tmp_path: Path) -> Callable[..., None]:
    """A function that writes a file with the samples of `made_files.rows` and these attributes, and imports it.

    If an earlier test imported the same files in the same order, their stored result is restored instead.
    """

    def run(platform: str = "sea001", mission: str = "20210629T2053", **attributes: Any) -> None:
        rows = attributes.pop("rows", None) or made_files.rows(start_s=SUMMER)
        mode = attributes.pop("mode", None)
        path = made_files.time_series(tmp_path / f"{platform}-{mission}.nc", rows, attributes)
        options = Options(platform=platform, mission=mission, mode=mode)

        def import_file() -> None:
            (report,) = importer.real([path], replace(tools, options=options))
            assert report.outcome != "refused", report.line()

        seed((options, path.read_bytes()), import_file)

    return run


@pytest.fixture
def page(client: FlaskClient) -> Callable[[str], str]:
    """The HTML of a page; fails unless the status is 200."""

    def get(path: str) -> str:
        answer = client.get(path, buffered=True)
        assert answer.status_code == 200, answer.text
        return without_line_breaks(answer.text)

    return get


def without_line_breaks(html: str) -> str:
    """The HTML without line breaks, so that tests do not depend on the line breaks of a template."""
    beside_tags = re.sub(r"(?<=>)[ \n]*\n[ \n]*|[ \n]*\n[ \n]*(?=<|/?>)", "", html)
    return re.sub(r"[ \n]+", " ", beside_tags).replace(" />", "/>")


def value(html: str, hook: str) -> str:
    """The value of the element with a hook such as `data-total="missions"`."""
    return html.split(hook, 1)[1].split('value="', 1)[1].split('"', 1)[0]
