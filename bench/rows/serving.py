"""What a warm answer costs beside a constant of the same size, and a rendered one beside a page of Flask and Jinja."""

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

# Two workers and wrk share the machine: more clients wait, fewer leave it idle.
_CONNECTIONS = 16
# What is rendered for each request goes on after wrk has left: with the next round's clients there must be places.
_FEWER_CONNECTIONS = 4
# As behind a proxy that keeps no connection. Kept ones land on the two workers as it happens, and stay there.
_CLOSING = {"Connection": "close"}
_BROWSER = {**_CLOSING, "Accept-Encoding": ENCODINGS}
# What a page asks for is the same of every mission, platform and basin: one of each stands for all.
_LISTS = ("/", "/map", "/missions", "/fleet", "/stats", "/status", "/updates", "/data")
_SINGLE = ("{mission}", "/fleet/seed0001", "/basins/SEA-007")
_POINTS = ("/api/v1/tracks", "/api/v1/basins", "/api/v1{mission}/track")
# Made anew for each request: app.cache.policy says why. A row of its own, for the worst of all would be no news.
_LIVE = ("/search?q=seed",)
# Of these the short form has the time.
_FEW = ("/", "{mission}", "/api/v1/tracks")


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `landing_warm` to `miss`."""
    found, folder = bench.stores, bench.folder / "serving"
    database = data.prepare(found.mongodb_uri, found.redis_url, bench.small)
    place = (found.mongodb_uri, found.redis_url, database)
    with ExitStack() as stack:
        port = stack.enter_context(portals.running(*place, folder / "portal.log"))
        body = _page(port, ENCODINGS)
        bare = stack.enter_context(_bare(folder, "same", body))
        yield Measured("landing_warm", _rates(bench, (port, _BROWSER), (bare, _BROWSER)), {"body_bytes": len(body)})
        plain = _page(port, "identity")
        identity = {**_CLOSING, "Accept-Encoding": "identity"}
        yield Measured("compressed", _rates(bench, (port, _BROWSER), (port, identity)), {"identity_bytes": len(plain)})
        mission = data.active_mission(found, bench.small)
        every = _FEW if bench.short else (*_LISTS, *_SINGLE, *_POINTS)
        yield _not_modified(bench, "not_modified", port, bare, [path.format(mission=mission) for path in every])
        if not bench.short:
            yield _not_modified(bench, "not_modified_live", port, bare, _LIVE, _FEWER_CONNECTIONS)
        yield _commands(bench, port)
        unobserved = stack.enter_context(
            portals.started(*place, folder / "unobserved.log", application="bench.unobserved:application")
        )
        _warm(unobserved.port)
        yield Measured("observed", _rates(bench, (port, _BROWSER), (unobserved.port, _BROWSER)))
        yield _without_redis(bench, port, folder, stack)
    yield _miss(bench, place, folder)


def _rates(bench: Bench, *asked: tuple[int, dict[str, str]]) -> tuple[float, ...]:
    return _rates_of(bench, *((port, "/", headers) for port, headers in asked))


def _rates_of(
    bench: Bench, *asked: tuple[int, str, dict[str, str]], connections: int = _CONNECTIONS
) -> tuple[float, ...]:
    def rate(port: int, path: str, headers: dict[str, str]) -> Callable[[], float]:
        return lambda: wrk(port, path, bench.seconds, connections, headers).requests_per_s

    return tuple(ratios(interleaved([rate(*each) for each in asked], bench.rounds)))


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
    """Has both workers know the page: connections are spread as it happens."""
    wrk(port, "/", 1, _CONNECTIONS, _BROWSER)


def _not_modified(
    bench: Bench, aim: str, port: int, bare: int, paths: Sequence[str], connections: int = _CONNECTIONS
) -> Measured:
    """The worst of the pages, each against the constant; of each a third of the rounds, there are many."""
    few = replace(bench, rounds=max(bench.rounds // 3, 3))
    by_path: dict[str, tuple[float, ...]] = {}
    for path in paths:
        known = _known(port, path)
        wrk(port, path, 1, connections, known)
        by_path[path] = _rates_of(few, (port, path, known), (bare, "/", _BROWSER), connections=connections)
    worst = min(by_path, key=lambda path: median(by_path[path]))
    medians = {path: round(median(values), 3) for path, values in by_path.items()}
    # The worst once more, with all rounds: the smallest of many medians is small by chance, too.
    again = _rates_of(bench, (port, worst, _known(port, worst)), (bare, "/", _BROWSER), connections=connections)
    return Measured(aim, again, {"worst": worst, "medians": medians})


def _known(port: int, path: str) -> dict[str, str]:
    """The headers of a browser that has the page. Raises RuntimeError unless 304 is the answer to them."""
    client = Client(port)
    try:
        known = {**_BROWSER, "If-None-Match": client.get(path)[0]["etag"]}
    finally:
        client.close()
    link = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request("GET", path, headers=known)
        if (status := link.getresponse().status) != 304:
            raise RuntimeError(f"{path} answered {status} to a browser that has it")
    finally:
        link.close()
    return known


def _commands(bench: Bench, port: int) -> Measured:
    """Commands of both servers a hit, less those of an idle time of the same length."""
    with (
        MongoClient[dict[str, Any]](bench.stores.mongodb_uri) as mongo,
        Redis.from_url(bench.stores.redis_url) as redis,
    ):

        def sent() -> int:
            counters = mongo.admin.command("serverStatus")["opcounters"]
            calls = sum(each["calls"] for each in redis.info("commandstats").values())
            return int(sum(counters.values()) + calls)

        found = []
        for _ in range(max(bench.rounds // 3, 3)):
            first = sent()
            load = wrk(port, "/", bench.seconds, _CONNECTIONS, _BROWSER)
            second = sent()
            time.sleep(bench.seconds)
            third = sent()
            hits = load.requests_per_s * bench.seconds
            found.append(((second - first) - (third - second)) / hits)
    return Measured("commands", tuple(max(value, 0.0) for value in found), {"hits_a_round": round(hits)})


def _without_redis(bench: Bench, port: int, folder: Path, stack: ExitStack) -> Measured:
    """A portal whose Valkey has been stopped after it was warm, beside one whose Valkey runs."""
    home = folder / "redis"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    url = valkey.start(home)
    try:
        place = (bench.stores.mongodb_uri, url, data.database(bench.small))
        alone = stack.enter_context(portals.running(*place, folder / "without-redis.log"))
        _warm(alone)
    finally:
        servers.stop(home)
    return Measured("without_redis", _rates(bench, (alone, _BROWSER), (port, _BROWSER)))


def _miss(bench: Bench, place: tuple[str, str, str], folder: Path) -> Measured:
    """The page rendered for every request, nothing kept, beside a page of Flask and Jinja; one visitor."""
    with ExitStack() as stack:
        port = stack.enter_context(portals.running(*place, folder / "miss.log", HALOCLINE_PAGE_CACHE_BYTES="0"))
        ours = Client(port)
        size = len(ours.get("/")[1])
        rendered = portals.control("rendered", folder / "rendered.log", BENCH_SIZE=str(size))
        control = Client(stack.enter_context(rendered))
        clients = (ours, control)
        for client in clients:
            client.p50_ms("/", bench.seconds)
        pairs = interleaved([lambda c=client: c.p50_ms("/", bench.seconds) for client in clients], bench.rounds)  # type: ignore[misc]
        about: dict[str, float] = {"body_bytes": size, "control_bytes": len(control.get("/")[1])}
        about |= {"ms": round(_median(pairs, 0), 2), "control_ms": round(_median(pairs, 1), 2)}
        for client in clients:
            client.close()
    return Measured("miss", tuple(ratios(pairs)), about)


def _median(pairs: list[tuple[float, ...]], which: int) -> float:
    return sorted(pair[which] for pair in pairs)[len(pairs) // 2]
