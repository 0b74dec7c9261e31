"""The walk in docs/example.md, run as a reader would: block after block, against the demo missions over HTTP."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pymongo.database import Database
from werkzeug.serving import make_server

from app import config
from app.ingest import context, importer
from app.ingest.interpret import identity

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "example.md").read_text(encoding="utf-8")
HOST = "http://127.0.0.1:8000"
STEPS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, flags=re.DOTALL)
# What no example prints.
BORDER = "\x1e"


@pytest.fixture
def address(app: Flask, settings: config.Settings, db: Database[Any]) -> Iterator[str]:
    """Where the demo missions are served over real HTTP."""
    tools = context.import_context(settings, identity.options(None, None, None))
    assert {report.outcome for report in importer.real(sorted((ROOT / "demo").glob("*.nc")), tools)} == {"stored"}
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_step_prints_what_stands_below_it(address: str, tmp_path: Path) -> None:
    walk = f"print({BORDER!r}, end='')\n".join(step for step, _ in STEPS).replace(HOST, address)
    script = tmp_path / "walk.py"
    script.write_text(walk, encoding="utf-8")
    environment = {"TMPDIR": str(tmp_path), "MPLCONFIGDIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin"}
    ran = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=150, env=environment, check=False
    )
    assert ran.stderr.splitlines()[-5:] == []
    assert ran.stdout.split(BORDER) == [told for _, told in STEPS]


def test_every_block_of_code_has_its_answer() -> None:
    assert PAGE.count("```python") == len(STEPS) == 7
