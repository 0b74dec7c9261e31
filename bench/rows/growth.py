"""Pages with many missions compared with the same pages with few: time, bytes, and far pages of a list."""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from app import config
from bench import data, portals
from bench.measured import Bench, Measured
from bench.pages import Client, address_of_page, first_view, with_data
from bench.rounds import interleaved, ratios

# A page after 50,000 missions: unusual, but cursors make it possible.
_FAR = 1_000
_PAGES = {"landing": "/", "statistics": "/stats", "list": "/missions"}
# A platform, the latest year and the beginning of a variable: both archives have more missions than the page lists.
_SEARCH = "/search?q=seed+2026+temp"
# Without a page cache each request is a miss. What a miss adds to rendering, compression and a lock, is the same at all
# sizes: leaving it out makes ratios larger, never smaller.
ON_A_MISS = {"HALOCLINE_PAGE_CACHE_BYTES": "0"}


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `growth_warm` to `far_page`."""
    for aim, environ in (("growth_warm", {}), ("growth_miss", ON_A_MISS)):
        with ExitStack() as stack:
            ports = side_by_side(bench, stack, (bench.large, bench.small), **environ)
            yield _growth(bench, aim, ports, (bench.large, bench.small))
            if not environ:
                yield Measured("bytes_list", *_bytes([_size(port, "/missions") for port in ports]))
                yield Measured("bytes_map", *_bytes([_first_view(port, "/map") for port in ports]))
    if bench.large == data.LARGE:
        counts = (data.DOCUMENTS_ONLY, bench.large)
        with ExitStack() as stack:
            ports = side_by_side(bench, stack, counts, **ON_A_MISS)
            yield _growth(bench, "growth_archive", ports, counts, with_map_and_search=True)
        yield _far(bench)


def side_by_side(bench: Bench, stack: ExitStack, counts: tuple[int, int], **environ: str) -> tuple[int, int]:
    """The ports of portals with two sizes of data, which run until the stack closes."""
    stores = bench.stores
    names = [data.prepare(stores.mongodb_uri, stores.redis_url, count) for count in counts]
    large, small = (
        stack.enter_context(
            portals.running(stores.mongodb_uri, stores.redis_url, name, bench.folder / f"{name}.log", **environ)
        )
        for name in names
    )
    return large, small


def p50s_ms(bench: Bench, *views: tuple[int, Sequence[str]]) -> list[tuple[float, ...]]:
    """The median times of views (port, paths) in each round, ms, one client at a time."""
    clients = [(Client(port), paths) for port, paths in views]
    for client, paths in clients:
        client.p50_ms(paths, bench.seconds / 2)
    cases = [partial(client.p50_ms, paths, bench.seconds) for client, paths in clients]
    times_ms = interleaved(cases, bench.rounds)
    for client, _ in clients:
        client.close()
    return times_ms


def medians_ms(pairs: list[tuple[float, ...]]) -> list[float]:
    """The median time of each case over all rounds, ms."""
    return [round(statistics.median(values), 2) for values in zip(*pairs, strict=True)]


def _growth(
    bench: Bench, aim: str, ports: tuple[int, int], counts: tuple[int, int], with_map_and_search: bool = False
) -> Measured:
    """The result of the worst view of the aim: a third of the rounds for each view, all rounds for the worst."""
    views: dict[str, list[tuple[str, ...]]] = {name: [(path,), (path,)] for name, path in _PAGES.items()}
    views["mission"] = [(data.active_mission(bench.stores, count),) for count in counts]
    if with_map_and_search:
        views |= {"map": [_with_data(port, "/map") for port in ports], "search": [(_SEARCH,), (_SEARCH,)]}
    few = replace(bench, rounds=max(bench.rounds // 3, 3))
    times_ms = {name: p50s_ms(few, *zip(ports, paths, strict=True)) for name, paths in views.items()}
    medians = {name: statistics.median(ratios(pairs)) for name, pairs in times_ms.items()}
    worst = max(medians, key=lambda name: medians[name])
    # Measured again: the largest of several medians is partly large by chance.
    again = p50s_ms(bench, *zip(ports, views[worst], strict=True))
    about = {
        "worst": worst,
        "medians": {name: round(median, 3) for name, median in medians.items()},
        "ms": {name: medians_ms(pairs) for name, pairs in times_ms.items()},
    }
    return Measured(aim, tuple(ratios(again)), about)


def _bytes(sizes: list[int]) -> tuple[tuple[float, ...], dict[str, list[int]]]:
    # Sizes do not vary: one round is enough.
    return (sizes[0] / sizes[1],), {"bytes": sizes}


def _size(port: int, path: str) -> int:
    client = Client(port)
    _, body = client.get(path)
    client.close()
    return len(body)


def _first_view(port: int, path: str) -> int:
    client = Client(port)
    total_bytes = sum(first_view(client, path).values())
    client.close()
    return total_bytes


def _with_data(port: int, path: str) -> tuple[str, ...]:
    client = Client(port)
    paths = with_data(client, path)
    client.close()
    return paths


def _far(bench: Bench) -> Measured:
    stores = bench.stores
    name = data.prepare(stores.mongodb_uri, stores.redis_url, data.DOCUMENTS_ONLY)
    far = address_of_page(config.load(mongodb_uri=stores.mongodb_uri, mongodb_database=name), _FAR)
    with portals.running(stores.mongodb_uri, stores.redis_url, name, bench.folder / "far.log", **ON_A_MISS) as port:
        pairs = p50s_ms(bench, (port, (far,)), (port, ("/missions",)))
    # 240,000 missions: 24,000 have only 480 pages of 50.
    return Measured("far_page", tuple(ratios(pairs)), {"missions": data.DOCUMENTS_ONLY, "ms": medians_ms(pairs)})
