"""Imports of profiles of 20 samples, compared with `insert_many` of the same documents."""

import statistics
from collections.abc import Iterator

from bench import ingesting
from bench.measured import Bench, Measured
from bench.rounds import interleaved, ratios


def measure(bench: Bench) -> Iterator[Measured]:
    """The aim `ingest`: imports of parsed rows, from quality control to the commit, compared with plain inserts."""
    work = ingesting.opened(bench.stores.mongodb_uri, bench.stores.redis_url, bench.folder / "files")
    try:
        # Times in seconds: the ratio of raw to full time is the ratio of full to raw speed.
        times = interleaved([work.raw_s, work.full_s, work.whole_s], bench.rounds)
    finally:
        ingesting.close()
    raw, full, whole = (round(work.profiles / statistics.median(times_s)) for times_s in zip(*times, strict=True))
    about = {"profiles_per_s": full, "raw": raw, "with_reading_tracks_and_totals": whole, "profiles": work.profiles}
    yield Measured("ingest", tuple(ratios(times)), about)
