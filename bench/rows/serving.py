"""Warm responses compared with a constant of the same size, and a rendered page with one of Flask and Jinja."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from pymongo import MongoClient
from redis import Redis

from app.localdev import servers, valkey
from bench import data, portals
from bench.load import wrk
from bench.measured import Bench, Measured
from bench.pages import ENCODINGS, Client
from bench.rounds import interleaved, ratios

# Two workers and wrk share the machine: more clients only wait, fewer leave it idle.
_CONNECTIONS = 16
# Pages rendered for each request still run after wrk has ended: with the clients of the next round they must stay
# below the concurrency limit.
_FEWER_CONNECTIONS = 4
# As behind a proxy without persistent connections. Those stay with one of the two workers, chosen by chance.
_CLOSING = {"Connection": "close"}
_BROWSER = {**_CLOSING, "Accept-Encoding": ENCODINGS}
# A page makes the same queries for every mission, platform and basin: one of each represents all.
_LISTS = ("/", "/map", "/missions", "/fleet", "/stats", "/status", "/updates", "/data")
_SINGLE = ("{mission}", "/fleet/seed0001", "/basins/SEA-007")
_POINTS = ("/api/v1/tracks", "/api/v1/basins", "/api/v1{mission}/track")
# Rendered for each request, for the reason in app.cache.policy. It has its own row, as it would always be the worst.
_LIVE = ("/search?q=seed",)
# The pages of the short form, which has time for few.
_FEW = ("/", "{mission}", "/api/v1/tracks")


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `landing_warm` to `miss`."""
    stores, folder = bench.stores, bench.folder / "serving"
    database = data.prepare(stores.mongodb_uri, stores.redis_url, bench.small)
    addresses = (stores.mongodb_uri, stores.redis_url, database)
    with ExitStack() as stack:
        port = stack.enter_context(portals.running(*addresses, folder / "portal.log"))
        body = _page(port, ENCODINGS)
        bare = stack.enter_context(_bare(folder, "same", body))
        yield Measured("landing_warm", _rates(bench, (port, _BROWSER), (bare, _BROWSER)), {"body_bytes": len(body)})
        plain = _page(port, "identity")
        identity = {**_CLOSING, "Accept-Encoding": "identity"}
        yield Measured("compressed", _rates(bench, (port, _BROWSER), (port, identity)), {"identity_bytes": len(plain)})
        mission = data.active_mission(stores, bench.small)
        every = _FEW if bench.short else (*_LISTS, *_SINGLE, *_POINTS)
        yield _not_modified(bench, "not_modified", port, bare, [path.format(mission=mission) for path in every])
        if not bench.short:
            yield _not_modified(bench, "not_modified_live", port, bare, _LIVE, _FEWER_CONNECTIONS)
        yield _commands(bench, port)
        unobserved = stack.enter_context(
            portals.started(*addresses, folder / "unobserved.log", application="bench.unobserved:application")
        )
        _warm(unobserved.port)
        yield Measured("observed", _rates(bench, (port, _BROWSER), (unobserved.port, _BROWSER)))
        yield _without_redis(bench, port, folder, stack)
    yield _miss(bench, addresses, folder)


def _rates(bench: Bench, *landing_pages: tuple[int, dict[str, str]]) -> tuple[float, ...]:
    """Ratios of the request rates of two landing pages (port, headers)."""
    return _rates_of(bench, *((port, "/", headers) for port, headers in landing_pages))


def _rates_of(
    bench: Bench, *pages: tuple[int, str, dict[str, str]], connections: int = _CONNECTIONS
) -> tuple[float, ...]:
    """Ratios of the request rates of two pages (port, path, headers)."""

    def rate(port: int, path: str, headers: dict[str, str]) -> Callable[[], float]:
        return lambda: wrk(port, path, bench.seconds, connections, headers).requests_per_s

    return tuple(ratios(interleaved([rate(*page) for page in pages], bench.rounds)))


def _bare(folder: Path, name: str, body: bytes) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.body").write_bytes(body)
    return portals.control("bare", folder / f"{name}.log", BENCH_BODY=str(folder / f"{name}.body"))


def _page(port: int, encodings: str) -> bytes:
    _warm(port)
    client = Client(port)
    try:
        return client.get("/", encodings)[1]
    finally:
        client.close()


def _warm(port: int) -> None:
    """Fill the page caches of both workers: wrk's connections reach both, though in random shares."""
    wrk(port, "/", 1, _CONNECTIONS, _BROWSER)


def _not_modified(
    bench: Bench, aim: str, port: int, bare: int, paths: Sequence[str], connections: int = _CONNECTIONS
) -> Measured:
    """The result of the worst page compared with the constant. Each page gets a third of the rounds."""
    few = replace(bench, rounds=max(bench.rounds // 3, 3))
    by_path: dict[str, tuple[float, ...]] = {}
    for path in paths:
        headers = _conditional(port, path)
        wrk(port, path, 1, connections, headers)
        by_path[path] = _rates_of(few, (port, path, headers), (bare, "/", _BROWSER), connections=connections)
    worst = min(by_path, key=lambda path: median(by_path[path]))
    medians = {path: round(median(values), 3) for path, values in by_path.items()}
    # The worst is measured again, with all rounds: the smallest of many medians is partly small by chance.
    headers = _conditional(port, worst)
    again = _rates_of(bench, (port, worst, headers), (bare, "/", _BROWSER), connections=connections)
    return Measured(aim, again, {"worst": worst, "medians": medians})


def _conditional(port: int, path: str) -> dict[str, str]:
    """The headers of a conditional request for the page. Raises RuntimeError unless its response is a 304."""
    client = Client(port)
    try:
        headers = {**_BROWSER, "If-None-Match": client.get(path)[0]["etag"]}
    finally:
        client.close()
    link = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request("GET", path, headers=headers)
        if (status := link.getresponse().status) != 304:
            raise RuntimeError(f"{path} returned {status}, not 304, for its current ETag")
    finally:
        link.close()
    return headers


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
            load = wrk(port, "/", bench.seconds, _CONNECTIONS, _BROWSER)
            second = sent()
            time.sleep(bench.seconds)
            third = sent()
            hits = load.requests_per_s * bench.seconds
            per_hit.append(((second - first) - (third - second)) / hits)
    return Measured("commands", tuple(max(value, 0.0) for value in per_hit), {"hits_a_round": round(hits)})


def _without_redis(bench: Bench, port: int, folder: Path, stack: ExitStack) -> Measured:
    """A warm portal whose Valkey was stopped, compared with one whose Valkey runs."""
    home = folder / "redis"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    url = valkey.start(home)
    try:
        addresses = (bench.stores.mongodb_uri, url, data.database(bench.small))
        without_redis = stack.enter_context(portals.running(*addresses, folder / "without-redis.log"))
        _warm(without_redis)
    finally:
        servers.stop(home)
    return Measured("without_redis", _rates(bench, (without_redis, _BROWSER), (port, _BROWSER)))


def _miss(bench: Bench, addresses: tuple[str, str, str], folder: Path) -> Measured:
    """The landing page rendered for every request, compared with a page of Flask and Jinja; one client."""
    with ExitStack() as stack:
        port = stack.enter_context(portals.running(*addresses, folder / "miss.log", HALOCLINE_PAGE_CACHE_BYTES="0"))
        portal = Client(port)
        size = len(portal.get("/")[1])
        rendered = portals.control("rendered", folder / "rendered.log", BENCH_SIZE=str(size))
        control = Client(stack.enter_context(rendered))
        clients = (portal, control)
        for client in clients:
            client.p50_ms("/", bench.seconds)
        pairs = interleaved([lambda c=client: c.p50_ms("/", bench.seconds) for client in clients], bench.rounds)  # type: ignore[misc]
        about: dict[str, float] = {"body_bytes": size, "control_bytes": len(control.get("/")[1])}
        about |= {"ms": round(_median(pairs, 0), 2), "control_ms": round(_median(pairs, 1), 2)}
        for client in clients:
            client.close()
    return Measured("miss", tuple(ratios(pairs)), about)


def _median(pairs: list[tuple[float, ...]], case: int) -> float:
    return sorted(pair[case] for pair in pairs)[len(pairs) // 2]
