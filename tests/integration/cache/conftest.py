"""Worlds that begin with an empty store."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from pymongo.database import Database

import app as halocline
from app import config, extensions
from app.queries import clock
from tests.integration.cache.world import Redis, World


@pytest.fixture(scope="session")
def uncached_app(settings: config.Settings) -> Flask:
    """The application without a page cache of its own."""
    flask_app: Flask = halocline.create_app(settings.model_copy(update={"page_cache_bytes": 0}))
    return flask_app


@pytest.fixture
def world(uncached_app: Flask, db: Database[Any], monkeypatch: pytest.MonkeyPatch) -> Callable[[], World]:
    """Makes worlds that begin with an empty store."""

    def make() -> World:
        for name in ("missions", "imports", "derived_pending", "changes", "counters", "platforms", "updates", "totals"):
            db[name].delete_many({})
        extensions.redis.client.flushdb()
        made = World(uncached_app, Redis(), workers=[None, None], seen=[{}, {}])  # type: ignore[list-item]
        monkeypatch.setattr(clock, "now", made.now)
        made.restart(0)
        made.restart(1)
        return made

    return make
