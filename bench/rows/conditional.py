"""Conditional requests for every cacheable page, and a search that is requested repeatedly."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from bench import data, portals, rates
from bench.measured import Bench, Measured
from bench.pages import Client
from bench.portals import Server
from bench.rates import BROWSER, Page

# A search may be rendered for each request, and renderings still run after wrk has ended: with the clients of the next
# round they must stay below the concurrency limit.
_FEWER_CONNECTIONS = 4
_SEARCH = "/search?q=seed"
# A page makes the same queries for every mission, platform and basin: one of each represents all.
_PAGES = (
    *("/", "/map", "/missions", "/fleet", "/stats", "/status", "/updates", "/data"),
    *("{mission}", "/fleet/seed0001", "/basins/SEA-007"),
    *("/api/v1/tracks", "/api/v1/basins", "/api/v1{mission}/track"),
)
# The pages of the short form, which has time for few.
_FEW = ("/", "{mission}", "/api/v1/tracks")


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `not_modified`, `hot_search` and `not_modified_live`."""
    stores, folder = bench.stores, bench.folder / "conditional"
    database = data.prepare(stores.mongodb_uri, stores.redis_url, bench.small)
    mission = data.active_mission(stores, bench.small)
    with ExitStack() as stack:
        portal = stack.enter_context(
            portals.started(stores.mongodb_uri, stores.redis_url, database, folder / "portal.log")
        )
        bare = stack.enter_context(rates.bare(folder, "bare", rates.body(portal.port)))
        paths = [path.format(mission=mission) for path in (_FEW if bench.short else _PAGES)]
        yield _worst_page(bench, portal, bare, paths)
        yield from _search(bench, portal, folder)


def _worst_page(bench: Bench, portal: Server, bare: Server, paths: list[str]) -> Measured:
    """304 of the worst page compared with the constant. Each page gets a third of the rounds."""
    few = replace(bench, rounds=max(bench.rounds // 3, 3))
    by_path: dict[str, tuple[float, ...]] = {}
    for path in paths:
        page = Page(portal, path, _conditional(portal.port, path))
        page.rate(1, rates.CONNECTIONS)
        by_path[path], _ = rates.compared(few, page, Page(bare))
    worst = min(by_path, key=lambda path: median(by_path[path]))
    medians = {path: round(median(values), 3) for path, values in by_path.items()}
    if bench.short:
        return Measured("not_modified", by_path[worst], {"worst": worst, "medians": medians})
    # The worst is measured again, with all rounds: the smallest of many medians is partly small by chance.
    again, cpu = rates.compared(bench, Page(portal, worst, _conditional(portal.port, worst)), Page(bare))
    return Measured("not_modified", again, {"worst": worst, "medians": medians, **cpu})


def _search(bench: Bench, portal: Server, folder: Path) -> Iterator[Measured]:
    """The whole page of a search and its 304, compared with a constant of the size of the page."""
    # A portal may cache a search only after some requests for it.
    rates.warm(portal.port, _SEARCH, _FEWER_CONNECTIONS)
    content = rates.body(portal.port, _SEARCH)
    with rates.bare(folder, "search", content) as bare:
        ratios, cpu = rates.compared(bench, Page(portal, _SEARCH), Page(bare), _FEWER_CONNECTIONS)
        yield Measured("hot_search", ratios, {"body_bytes": len(content), **cpu})
        if bench.short:
            return
        page = Page(portal, _SEARCH, _conditional(portal.port, _SEARCH))
        ratios, cpu = rates.compared(bench, page, Page(bare), _FEWER_CONNECTIONS)
        yield Measured("not_modified_live", ratios, cpu)


def _conditional(port: int, path: str) -> dict[str, str]:
    """The headers of a conditional request for the page. Raises RuntimeError unless its response is a 304."""
    client = Client(port)
    try:
        headers = {**BROWSER, "If-None-Match": client.get(path)[0]["etag"]}
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
