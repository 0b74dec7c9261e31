"""Fixtures of the tests of operators' commands: the command line on the store of the tests, and what it shows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from pymongo.database import Database

from app import cli, config, extensions
from app.commands import verify as verify_command
from app.commands import verify_originals
from app.ingest import context
from app.ingest.verify import verification
from tests.import_tools import InProcessReader

Db = Database[dict[str, Any]]
Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _pictures(blank_pictures: None) -> None:
    """Use blank pictures: other tests draw them."""


@pytest.fixture
def platforms_file(tmp_path: Path) -> Path:
    """The operator's file of platforms: `made` belongs to the provider Made Observatory."""
    path = tmp_path / "platforms.toml"
    path.write_text('[made]\nserial = "MADE1"\nprovider = "Made Observatory"\n', encoding="utf-8")
    return path


@pytest.fixture
def halocline(
    settings: config.Settings,
    few_basins: Path,
    platforms_file: Path,
    db: Db,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run a command as a shell does, without the niceness, with the reader in this process. A failed command raises."""
    for module in (verify_command, verify_originals):
        monkeypatch.setattr(module.os, "nice", lambda _: 0)  # type: ignore[attr-defined]
    monkeypatch.setattr(context, "ReaderProcess", lambda *_: InProcessReader())
    environment = {
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": settings.redis_url,
        "HALOCLINE_ENVIRONMENT": "test",
        "HALOCLINE_BASINS_DIR": str(few_basins),
        "HALOCLINE_PLATFORMS_FILE": str(platforms_file),
    }

    def run(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(cli.cli, [str(argument) for argument in arguments], env=environment)
        # The command closes the connections that `db` opened.
        extensions.mongo.bind(settings)
        extensions.redis.bind(settings)
        return result

    return run


@pytest.fixture
def done(halocline: Run) -> Callable[..., str]:
    """Run a command that succeeds, and return its output."""

    def run(*arguments: str | Path) -> str:
        result = halocline(*arguments)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    return run


@pytest.fixture
def report(halocline: Run) -> Callable[..., tuple[str, str | None]]:
    """Import files, and return outcome and reason code of the last one."""

    def run(*arguments: str | Path) -> tuple[str, str | None]:
        result = halocline("ingest", "--json", *arguments)
        last = json.loads(result.stdout.splitlines()[-1])
        return last["outcome"], last["reason_code"]

    return run


@pytest.fixture
def audited(done: Callable[..., str]) -> Callable[[], list[tuple[str, str, str, str | None]]]:
    """Return action, target, outcome and reason of all entries of the audit log, the oldest first."""

    def entries() -> list[tuple[str, str, str, str | None]]:
        listed = [json.loads(line) for line in done("audit", "--json").splitlines()]
        return [(each["action"], each["target"], each["outcome"], each["reason"]) for each in reversed(listed)]

    return entries


@pytest.fixture
def api(client: FlaskClient) -> Callable[[str], Any]:
    """Return the JSON of a path below /api/v1, without the members that change with the time."""

    def get(path: str) -> Any:
        return _timeless(client.get(f"/api/v1{path}", buffered=True).json)

    return get


def differences() -> list[str]:
    """Return the differences that a verification of the whole store, its sections included, reports."""
    return [difference.line() for difference in verification.verify(None, True, 1.0).differences]


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _timeless(member) for name, member in value.items() if name != "computed_at"}
    return [_timeless(each) for each in value] if isinstance(value, list) else value
