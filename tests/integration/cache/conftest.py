"""A fixture that creates worlds with an empty database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymongo.database import Database

import app as halocline
from app import config, extensions
from app.queries import clock
from app.store import indexes
from tests.integration.cache.world import Redis, World

# Collections that a world writes to.
_FILLED = (
    *("missions", "imports", "derived_pending", "changes", "counters", "platforms", "updates", "totals", "search"),
)


@pytest.fixture
def make_world(settings_of_world: config.Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], World]]:
    """A function that creates a world with an empty database."""
    extensions.mongo.bind(settings_of_world)
    extensions.redis.bind(settings_of_world)
    db: Database[Any] = extensions.mongo.db
    indexes.ensure(db)
    flask_app = halocline.create_app(settings_of_world)

    def make() -> World:
        for name in _FILLED:
            db[name].delete_many({})
        extensions.redis.client.flushdb()
        world = World(flask_app, Redis(), workers=[None, None], at_last_poll=[{}, {}])  # type: ignore[list-item]
        monkeypatch.setattr(clock, "now", world.now)
        world.restart(0)
        world.restart(1)
        return world

    yield make
    extensions.mongo.close()
    extensions.redis.close()


@pytest.fixture
def settings_of_world(settings: config.Settings) -> config.Settings:
    return settings.model_copy(update={"mongodb_database": f"{settings.mongodb_database}_cache", "page_cache_bytes": 0})
