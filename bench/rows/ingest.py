"""Profiles of 20 samples through the full path of ingest, beside `insert_many` of the same documents."""

from pathlib import Path

from bench import ingesting


def profiles_per_s(mongodb_uri: str, redis_url: str, folder: Path, rounds: int) -> list[tuple[float, float, float]]:
    """Rounds: rows of files through checks to the commit; raw; and whole runs with reading and deriving."""
    found = ingesting.opened(mongodb_uri, redis_url, folder)
    try:
        rounds_made = []
        for turn in range(rounds):
            measures = (found.full_s, found.raw_s)
            times = [0.0, 0.0]
            for which in (0, 1) if turn % 2 else (1, 0):
                times[which] = measures[which]()
            full, raw, whole = (found.profiles / took_s for took_s in (*times, found.whole_s()))
            rounds_made.append((full, raw, whole))
        return rounds_made
    finally:
        ingesting.close()
