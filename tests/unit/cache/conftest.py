"""A site behind its page cache."""

import pytest
from werkzeug.test import Client

from app.cache.invalidation import ChangeLogFollower
from app.cache.lru_store import Memory
from app.cache.pages import PageCache
from app.cache.redis_store import Shared
from tests.unit.cache.house import RULES, URLS, House, Log, Nowhere, Primary, Site


@pytest.fixture
def house() -> House:
    site, log, now_s, reading = Site(), Log(last=1), [1_000.0], Primary()
    memory = Memory(4_000_000, lambda: now_s[0])
    watcher = ChangeLogFollower(memory, log.since, log.latest)
    outcomes: list[str] = []
    shared = Shared(lambda: Nowhere(), "test", lambda: None)  # type: ignore[arg-type, return-value]
    made: list[House] = []
    cache = PageCache(
        site,
        URLS,
        RULES,
        memory,
        watcher,
        shared,
        reading,
        outcomes.append,
        lambda: now_s[0],
        lambda _s: None,
        behind=lambda key, render: made[0].behind(key, render),
    )
    watcher.look()
    made.append(House(site, log, watcher, memory, reading, outcomes, Client(cache, use_cookies=False), now_s))
    return made[0]
