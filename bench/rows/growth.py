"""Pages with many missions compared with the same pages with few: time and bytes; and far pages of a list."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack

from app import config
from bench import data, portals
from bench.measured import Bench, Measured
from bench.pages import Client, address_of_page, first_view
from bench.rounds import interleaved, ratios

# A page after 50,000 missions: unusual, but cursors make it possible.
_FAR = 1_000
# Without a page cache each request is a miss. What a miss adds to rendering, compression and a lock, is the same at all
# sizes: leaving it out makes ratios larger, never smaller.
ON_A_MISS = {"HALOCLINE_PAGE_CACHE_BYTES": "0"}


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `growth_warm` to `far_page`."""
    for aim, environ in (("growth_warm", {}), ("growth_miss", ON_A_MISS)):
        with ExitStack() as stack:
            ports = side_by_side(bench, stack, (bench.large, bench.small), **environ)
            yield _growth(bench, aim, ports)
            if not environ:
                yield Measured("bytes_list", *_bytes([_size(port, "/missions") for port in ports]))
                yield Measured("bytes_map", *_bytes([_first_view(port, "/map") for port in ports]))
    if bench.large == data.LARGE:
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


def p50s_ms(bench: Bench, pages: tuple[tuple[int, str], tuple[int, str]]) -> list[tuple[float, ...]]:
    """The median times of two pages (port, path) in each round, ms, one client at a time."""
    clients = [(Client(port), path) for port, path in pages]
    for client, path in clients:
        client.p50_ms(path, bench.seconds / 2)
    (first, one), (second, other) = clients
    cases = [lambda: first.p50_ms(one, bench.seconds), lambda: second.p50_ms(other, bench.seconds)]
    times_ms = interleaved(cases, bench.rounds)
    for client, _ in clients:
        client.close()
    return times_ms


def medians_ms(pairs: list[tuple[float, ...]]) -> list[float]:
    """The median time of each case over all rounds, ms."""
    return [round(statistics.median(values), 2) for values in zip(*pairs, strict=True)]


def _growth(bench: Bench, aim: str, ports: tuple[int, int]) -> Measured:
    """The result of the worst page of the aim: a third of the rounds for each page, all rounds for the worst."""
    large, small = (data.active_mission(bench.stores, count) for count in (bench.large, bench.small))
    pages = {"landing": ("/", "/"), "statistics": ("/stats", "/stats"), "mission": (large, small)}
    pages["list"] = ("/missions", "/missions")
    few = Bench(**{name: getattr(bench, name) for name in Bench.__slots__} | {"rounds": max(bench.rounds // 3, 3)})
    times_ms = {name: p50s_ms(few, tuple(zip(ports, paths, strict=True))) for name, paths in pages.items()}  # type: ignore[arg-type]
    medians = {name: statistics.median(ratios(pairs)) for name, pairs in times_ms.items()}
    worst = max(medians, key=lambda name: medians[name])
    # Measured again: the largest of several medians is partly large by chance.
    again = p50s_ms(bench, tuple(zip(ports, pages[worst], strict=True)))  # type: ignore[arg-type]
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


def _far(bench: Bench) -> Measured:
    stores = bench.stores
    name = data.prepare(stores.mongodb_uri, stores.redis_url, data.DOCUMENTS_ONLY)
    far = address_of_page(config.load(mongodb_uri=stores.mongodb_uri, mongodb_database=name), _FAR)
    with portals.running(stores.mongodb_uri, stores.redis_url, name, bench.folder / "far.log", **ON_A_MISS) as port:
        pairs = p50s_ms(bench, ((port, far), (port, "/missions")))
    # 240,000 missions: 24,000 have only 480 pages of 50.
    return Measured("far_page", tuple(ratios(pairs)), {"missions": data.DOCUMENTS_ONLY, "ms": medians_ms(pairs)})
