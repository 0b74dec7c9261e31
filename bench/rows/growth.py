"""Pages at 24,000 missions beside pages at 240: how long they take and how many bytes they are; pages far down."""

import statistics
from collections.abc import Sequence

from bench.pages import Client, first_view

# What the aim names; the mission is one at sea.
PAGES = ("/", "/stats", "{mission}", "/missions")
# The page of a list that nobody should ask for, and must be able to: 50,000 missions down.
FAR = 1_000

Pair = tuple[float, float]


def p50_ms(ports: tuple[int, int], paths: tuple[str, str], rounds: int, seconds: float) -> list[Pair]:
    """The median times of two pages, one visitor at a time: pairs of rounds, the first to go changing each time."""
    clients = [Client(port) for port in ports]
    found: list[Pair] = []
    for client, path in zip(clients, paths, strict=True):
        client.p50_ms(path, seconds)
    for turn in range(rounds):
        times = [0.0, 0.0]
        for which in (0, 1) if turn % 2 else (1, 0):
            times[which] = clients[which].p50_ms(paths[which], seconds)
        found.append((times[0], times[1]))
    for client in clients:
        client.close()
    return found


def page_bytes(ports: Sequence[int], path: str) -> list[int]:
    """The bytes of a page as a browser gets it."""
    return [len(_once(port, path)) for port in ports]


def first_view_bytes(ports: Sequence[int], path: str) -> list[int]:
    """The bytes of a page with all that it has a browser fetch at once."""
    found = []
    for port in ports:
        client = Client(port)
        found.append(sum(first_view(client, path).values()))
        client.close()
    return found


def ratio(pairs: Sequence[Pair]) -> float:
    """The median of the ratios of the pairs."""
    return statistics.median(case / control for case, control in pairs)


def _once(port: int, path: str) -> bytes:
    client = Client(port)
    _, body = client.get(path)
    client.close()
    return body
