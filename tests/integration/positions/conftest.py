"""A portal that accepts positions, with a platform whose last data are two hours old."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database
from werkzeug.test import TestResponse

from app import config, create_app, extensions
from tests import made_files, signed_webhooks
from tests.closing_client import ClosingClient
from tests.integration.views.conftest import import_mission, page
from tests.signed_webhooks import secret

__all__ = ["import_mission", "page"]

# Of this run, because positions must be current; whole seconds, because files have them.
NOW = datetime.now(UTC).replace(microsecond=0)
DATA_START = NOW - timedelta(hours=2, minutes=24)
SENDERS = f"""
[voto]
secrets = ["{secret("a")}"]

[institute]
secrets = ["{secret("i")}"]
provider = "Another Institute"

[pair]
secrets = ["{secret("p")}", "{secret("q")}"]
platforms = ["sea002"]
"""
Send = Callable[..., TestResponse]


def position(minutes: float = -10, **changes: Any) -> dict[str, Any]:
    """A position of sea001 so many minutes from now."""
    at = (NOW + timedelta(minutes=minutes)).isoformat()
    return {"platform": "sea001", "time": at, "latitude": 56.25, "longitude": 16.5, **changes}


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of senders and platforms that the portal follows."""
    folder = tmp_path_factory.mktemp("positions")
    return {name: folder / f"{name}.toml" for name in ("senders", "platforms")}


@pytest.fixture
def senders(files: dict[str, Path]) -> Path:
    """The file of senders with its first content."""
    files["senders"].write_text(SENDERS, encoding="utf-8")
    files["platforms"].write_text('[sea003]\nprovider = "Voice of the Ocean"\n', encoding="utf-8")
    return files["senders"]


@pytest.fixture(scope="session")
def receiving_app(settings: config.Settings, files: dict[str, Path]) -> Flask:
    """A portal that accepts positions."""
    changes = {"uploads": 2, "position_secrets_file": files["senders"], "platforms_file": files["platforms"]}
    app = create_app(settings.model_copy(update=changes))
    app.testing = True
    app.test_client_class = ClosingClient
    return app


@pytest.fixture
def app(receiving_app: Flask, db: Database[dict[str, Any]], senders: Path) -> Iterator[Flask]:
    """The portal on an empty database."""
    yield receiving_app
    ClosingClient.close_all()


@pytest.fixture
def at_sea(import_mission: Callable[..., None]) -> None:
    """The platform sea001 with data until two hours ago."""
    import_mission(mission="20260101T0000", rows=made_files.rows(start_s=DATA_START.timestamp()))


@pytest.fixture
def send(client: FlaskClient) -> Send:
    """Send a webhook; by the sender voto unless secrets are given."""
    return lambda content, *secrets, **options: signed_webhooks.send(client, content, *secrets, **options)


@pytest.fixture
def get(client: FlaskClient) -> Callable[[str], Any]:
    """The JSON of a path below /api/v1."""
    return lambda path: client.get(f"/api/v1{path}", buffered=True).json


def stored() -> list[tuple[str, str]]:
    """Platform and time of every stored position, in the order of the times."""
    documents = extensions.mongo.db.reported_positions.find().sort("at", 1)
    return [(doc["platform"], doc["at"].isoformat()) for doc in documents]
