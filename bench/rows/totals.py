"""Totals at 240,000 missions beside 24,000: the query that reads them."""

import time

from app import config
from app.extensions import mongo
from app.queries import totals

# One read takes half a millisecond: of fewer the median is noise.
_READS = 300


def read_ms(mongodb_uri: str, databases: tuple[str, str], rounds: int) -> list[tuple[float, float]]:
    """The median times of the query for the totals of the fleet in two databases: pairs of rounds."""
    found = []
    for turn in range(rounds):
        times = [0.0, 0.0]
        for which in (0, 1) if turn % 2 else (1, 0):
            mongo.bind(config.load(mongodb_uri=mongodb_uri, mongodb_database=databases[which]))
            taken = sorted(_read_ms() for _ in range(_READS))
            mongo.close()
            times[which] = taken[len(taken) // 2]
        found.append((times[0], times[1]))
    return found


def _read_ms() -> float:
    began = time.perf_counter()
    if not totals.fleet().missions:
        raise RuntimeError("there are no totals")
    return 1000 * (time.perf_counter() - began)
