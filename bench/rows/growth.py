"""Pages at many missions beside the same pages at few: how long they take, how many bytes they are; pages far down."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack

from app import config
from bench import data, portals
from bench.measured import Bench, Measured
from bench.pages import Client, address_of_page, first_view
from bench.rounds import interleaved, ratios

# The page of a list that nobody should ask for, and must be able to: 50,000 missions down.
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
    """The ports of portals over two sizes of data, which run until the stack ends."""
    found = bench.stores
    names = [data.prepare(found.mongodb_uri, found.redis_url, count) for count in counts]
    large, small = (
        stack.enter_context(
            portals.running(found.mongodb_uri, found.redis_url, name, bench.folder / f"{name}.log", **environ)
        )
        for name in names
    )
    return large, small


def p50s_ms(bench: Bench, asked: tuple[tuple[int, str], tuple[int, str]]) -> list[tuple[float, ...]]:
    """Rounds of the median times of two pages (port, path), one visitor at a time."""
    clients = [(Client(port), path) for port, path in asked]
    for client, path in clients:
        client.p50_ms(path, bench.seconds / 2)
    (first, one), (second, other) = clients
    cases = [lambda: first.p50_ms(one, bench.seconds), lambda: second.p50_ms(other, bench.seconds)]
    found = interleaved(cases, bench.rounds)
    for client, _ in clients:
        client.close()
    return found


def told_ms(pairs: list[tuple[float, ...]]) -> list[float]:
    """The median times of both, ms."""
    return [round(statistics.median(values), 2) for values in zip(*pairs, strict=True)]


def _growth(bench: Bench, aim: str, ports: tuple[int, int]) -> Measured:
    """The worst of the pages that the aim names; of each a third of the rounds, of the worst all."""
    large, small = (data.active_mission(bench.stores, count) for count in (bench.large, bench.small))
    pages = {"landing": ("/", "/"), "statistics": ("/stats", "/stats"), "mission": (large, small)}
    pages["list"] = ("/missions", "/missions")
    few = Bench(**{name: getattr(bench, name) for name in Bench.__slots__} | {"rounds": max(bench.rounds // 3, 3)})
    found = {name: p50s_ms(few, tuple(zip(ports, paths, strict=True))) for name, paths in pages.items()}  # type: ignore[arg-type]
    medians = {name: statistics.median(ratios(pairs)) for name, pairs in found.items()}
    worst = max(medians, key=lambda name: medians[name])
    # Once more: the largest of several medians is large by chance, too.
    again = p50s_ms(bench, tuple(zip(ports, pages[worst], strict=True)))  # type: ignore[arg-type]
    about = {
        "worst": worst,
        "medians": {name: round(median, 3) for name, median in medians.items()},
        "ms": {name: told_ms(pairs) for name, pairs in found.items()},
    }
    return Measured(aim, tuple(ratios(again)), about)


def _bytes(sizes: list[int]) -> tuple[tuple[float, ...], dict[str, list[int]]]:
    # The same each time: one round tells all.
    return (sizes[0] / sizes[1],), {"bytes": sizes}


def _size(port: int, path: str) -> int:
    client = Client(port)
    _, body = client.get(path)
    client.close()
    return len(body)


def _first_view(port: int, path: str) -> int:
    client = Client(port)
    found = sum(first_view(client, path).values())
    client.close()
    return found


def _far(bench: Bench) -> Measured:
    found = bench.stores
    name = data.prepare(found.mongodb_uri, found.redis_url, data.DOCUMENTS_ONLY)
    far = address_of_page(config.load(mongodb_uri=found.mongodb_uri, mongodb_database=name), _FAR)
    with portals.running(found.mongodb_uri, found.redis_url, name, bench.folder / "far.log", **ON_A_MISS) as port:
        pairs = p50s_ms(bench, ((port, far), (port, "/missions")))
    # 24,000 missions are 480 pages of 50.
    return Measured("far_page", tuple(ratios(pairs)), {"missions": data.DOCUMENTS_ONLY, "ms": told_ms(pairs)})
