"""The landing page rendered for every request, compared with a page of Flask and Jinja; one client."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from bench import data, portals
from bench.measured import Bench, Measured
from bench.pages import Client
from bench.rounds import interleaved, ratios
from bench.rows.growth import ON_A_MISS, medians_ms


def measure(bench: Bench) -> Iterator[Measured]:
    """The aim `miss`."""
    stores, folder = bench.stores, bench.folder / "miss"
    database = data.prepare(stores.mongodb_uri, stores.redis_url, bench.small)
    addresses = (stores.mongodb_uri, stores.redis_url, database)
    with ExitStack() as stack:
        portal = Client(stack.enter_context(portals.running(*addresses, folder / "portal.log", **ON_A_MISS)))
        size = len(portal.get("/")[1])
        rendered = portals.control("rendered", folder / "rendered.log", BENCH_SIZE=str(size))
        control = Client(stack.enter_context(rendered).port)
        clients = (portal, control)
        for client in clients:
            client.p50_ms(("/",), bench.seconds)
        pairs = interleaved([partial(client.p50_ms, ("/",), bench.seconds) for client in clients], bench.rounds)
        about = {"body_bytes": size, "control_bytes": len(control.get("/")[1]), "ms": medians_ms(pairs)}
        for client in clients:
            client.close()
    yield Measured("miss", tuple(ratios(pairs)), about)
