"""Profiles of 20 samples through the full path of ingest, beside `insert_many` of the same documents."""

import statistics
from collections.abc import Iterator

from bench import ingesting
from bench.measured import Bench, Measured
from bench.rounds import interleaved, ratios


def measure(bench: Bench) -> Iterator[Measured]:
    """The aim `ingest`: rows of files through checks to the commit, originals kept, for each profile stored raw."""
    found = ingesting.opened(bench.stores.mongodb_uri, bench.stores.redis_url, bench.folder / "files")
    try:
        # Seconds: what is twice as fast takes half as long.
        times = interleaved([found.raw_s, found.full_s, found.whole_s], bench.rounds)
    finally:
        ingesting.close()
    raw, full, whole = (round(found.profiles / statistics.median(taken)) for taken in zip(*times, strict=True))
    about = {"profiles_per_s": full, "raw": raw, "with_reading_tracks_and_totals": whole, "profiles": found.profiles}
    yield Measured("ingest", tuple(ratios(times)), about)
