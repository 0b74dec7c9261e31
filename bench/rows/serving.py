"""The warm landing page, compared with a constant of the same size and with variants of itself."""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from redis import Redis

from app.localdev import servers, valkey
from bench import data, portals, rates
from bench.load import wrk
from bench.measured import Bench, Measured
from bench.rates import BROWSER, CLOSING, CONNECTIONS, Page

# Cookies of analytics and consent scripts that other sites of the same domain set.
_COOKIES = {"Cookie": "_ga=GA1.2.1094725361.1711962000; _gid=GA1.2.58114905.1711962000; consent=necessary+statistics"}


# Each aim compares two of the pages that take turns: case and control.
_PAIRS = {
    "landing_warm": ("landing", "bare"),
    "landing_warm_same_worker": ("landing", "same worker"),
    "compressed": ("landing", "identity"),
    "cookies": ("cookies", "landing"),
    "observed": ("landing", "unobserved"),
    "without_redis": ("without Redis", "landing"),
}


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `landing_warm` to `without_redis`."""
    stores, folder = bench.stores, bench.folder / "serving"
    database = data.prepare(stores.mongodb_uri, stores.redis_url, bench.small)
    addresses = (stores.mongodb_uri, stores.redis_url, database)
    with ExitStack() as stack:
        portal = stack.enter_context(portals.started(*addresses, folder / "portal.log"))
        rates.warm(portal.port)
        content = rates.body(portal.port)
        unobserved = stack.enter_context(
            portals.started(*addresses, folder / "unobserved.log", application="bench.unobserved:application")
        )
        rates.warm(unobserved.port)
        pages = {
            "landing": Page(portal),
            "bare": Page(stack.enter_context(rates.bare(folder, "bare", content))),
            "identity": Page(portal, headers={**CLOSING, "Accept-Encoding": "identity"}),
            "cookies": Page(portal, headers={**BROWSER, **_COOKIES}),
            "unobserved": Page(unobserved),
            "without Redis": Page(_without_redis(bench, folder, stack)),
        }
        if not bench.short:
            same = stack.enter_context(rates.bare(folder, "same-worker", content, portals.PRODUCTION))
            pages["same worker"] = Page(same)
        by_round = [dict(zip(pages, values, strict=True)) for values in rates.in_turns(bench, list(pages.values()))]
        for aim, (case, control) in _PAIRS.items():
            if {case, control} <= pages.keys():
                values = tuple(rate[case] / rate[control] for rate in by_round)
                about = {"body_bytes": len(content), **rates.cpu_ms(pages[case], pages[control])}
                yield Measured(aim, values, about)
        yield _commands(bench, portal.port)


def _commands(bench: Bench, port: int) -> Measured:
    """Commands of both servers for each cache hit, minus those during an idle time of the same length."""
    with (
        MongoClient[dict[str, Any]](bench.stores.mongodb_uri) as mongo,
        Redis.from_url(bench.stores.redis_url) as redis,
    ):

        def sent() -> int:
            counters = mongo.admin.command("serverStatus")["opcounters"]
            calls = sum(each["calls"] for each in redis.info("commandstats").values())
            return int(sum(counters.values()) + calls)

        per_hit = []
        for _ in range(max(bench.rounds // 3, 3)):
            first = sent()
            load = wrk(port, "/", bench.seconds, CONNECTIONS, BROWSER)
            second = sent()
            time.sleep(bench.seconds)
            third = sent()
            per_hit.append(((second - first) - (third - second)) / load.requests)
    return Measured("commands", tuple(max(value, 0.0) for value in per_hit), {"hits_a_round": load.requests})


def _without_redis(bench: Bench, folder: Path, stack: ExitStack) -> portals.Server:
    """A warm portal whose Valkey was stopped, until the stack closes."""
    home = folder / "redis"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    url = valkey.start(home)
    try:
        addresses = (bench.stores.mongodb_uri, url, data.database(bench.small))
        portal = stack.enter_context(portals.started(*addresses, folder / "without-redis.log"))
        rates.warm(portal.port)
    finally:
        servers.stop(home)
    return portal
