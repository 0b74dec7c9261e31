"""Totals with ten times as many missions: the query that reads them, and the pages that show them."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from app import config
from app.extensions import mongo
from app.queries import totals
from bench import data
from bench.measured import Bench, Measured
from bench.rounds import interleaved, ratios
from bench.rows.growth import ON_A_MISS, medians_ms, p50s_ms, side_by_side

# One read takes half a millisecond: the median of fewer reads is noise.
_READS = 300


def measure(bench: Bench) -> Iterator[Measured]:
    """The aim `totals`: the worst of the query, and of the API and the statistics page on a miss."""
    if bench.large != data.LARGE:
        return
    counts = (data.DOCUMENTS_ONLY, data.LARGE)
    with ExitStack() as stack:
        large, small = side_by_side(bench, stack, counts, **ON_A_MISS)
        times_ms = {
            "query": interleaved([_reading(bench, count) for count in counts], bench.rounds),
            "/api/v1/totals": p50s_ms(bench, (large, ("/api/v1/totals",)), (small, ("/api/v1/totals",))),
            "/stats": p50s_ms(bench, (large, ("/stats",)), (small, ("/stats",))),
        }
    medians = {name: statistics.median(ratios(pairs)) for name, pairs in times_ms.items()}
    worst = max(medians, key=lambda name: medians[name])
    about = {
        "worst": worst,
        "medians": {name: round(median, 3) for name, median in medians.items()},
        "ms": {name: medians_ms(pairs) for name, pairs in times_ms.items()},
    }
    yield Measured("totals", tuple(ratios(times_ms[worst])), about)


def _reading(bench: Bench, count: int) -> Callable[[], float]:
    """A function that returns the median time of the query in a database, ms."""
    settings = config.load(mongodb_uri=bench.stores.mongodb_uri, mongodb_database=data.database(count))

    def p50_ms() -> float:
        mongo.bind(settings)
        times = [_read_s() for _ in range(_READS)]
        mongo.close()
        return 1000 * statistics.median(times)

    return p50_ms


def _read_s() -> float:
    began = time.perf_counter()
    if not totals.fleet().missions:
        raise RuntimeError("the database has no totals")
    return time.perf_counter() - began
