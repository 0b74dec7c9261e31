"""The example in docs/api.md sends a position, with a secret from the command that docs/operations.md names."""

import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from werkzeug.serving import make_server

from app import cli
from app.domain import position_senders
from tests import made_files
from tests.integration.positions.conftest import DATA_START, stored

DOCS = Path(__file__).parents[3] / "docs"
SECTION = (DOCS / "api.md").read_text("utf-8").partition("\n## Send positions\n")[2].partition("\n## ")[0]
SENDERS = (DOCS / "operations.md").read_text("utf-8").partition("\n## Senders of positions\n")[2].partition("\n## ")[0]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The address of a server of the portal."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def table() -> str:
    """The output of the documented command."""
    (command,) = re.findall(r"^\$ halocline (secrets sender .*) >> senders.toml$", SENDERS, flags=re.MULTILINE)
    result = CliRunner().invoke(cli.cli, shlex.split(command), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_documented_sender_sends_a_position(
    address: str, senders: Path, import_mission: Callable[..., None]
) -> None:
    import_mission("smilla77", rows=made_files.rows(start_s=DATA_START.timestamp()))
    senders.write_text(table(), encoding="utf-8")
    (secret,) = re.findall(r"whsec_[^\"]+", senders.read_text("utf-8"))
    (code, output) = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", SECTION, flags=re.DOTALL)[0]
    completed = subprocess.run(
        [sys.executable, "-c", code.replace("http://127.0.0.1:8000", address)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"], "POSITION_SECRET": secret},
    )
    assert (completed.stdout, completed.stderr) == (output, "")
    assert [platform for platform, _ in stored()] == ["smilla77"]


def test_the_documented_file_has_the_form_of_the_command() -> None:
    (documented,) = re.findall(r"```toml\n(.*?)```", SENDERS, flags=re.DOTALL)
    made = re.sub(r"whsec_[^\"]+", "whsec_…", table())
    assert made == documented


def test_each_secret_is_new() -> None:
    first, second = (position_senders.parsed(table())[0] for _ in range(2))
    assert first.keys != second.keys
    assert (first.provider, first.platforms) == ("Voice of the Ocean Foundation", frozenset({"smilla77"}))


def test_a_name_with_other_characters_is_refused() -> None:
    result = CliRunner().invoke(cli.cli, ["secrets", "sender", "two words"])
    assert result.exit_code != 0
