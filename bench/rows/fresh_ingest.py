"""The warm landing page while 1,000 profiles a second come in, beside the same page while nothing does."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import IO, Any

from pymongo import MongoClient

from bench import data, portals
from bench.load import wrk
from bench.measured import Bench, Measured
from bench.rounds import interleaved, ratios
from bench.rows.growth import told_ms

_PROFILES_PER_S = 1_000
# Visitors at once: a load under which the page has time to spare, so that waiting for an importer would show.
_CONNECTIONS = 2
# A p99 needs some hundred answers, and an importer some missions, four a second.
_LEAST_S = 2
# Between two rounds: what came in last is shown by then.
_SETTLE_S = 0.5
# A database of its own: what is fed into it would be in the figures of others.
_DATABASE = "halocline_bench_fresh"


def measure(bench: Bench) -> Iterator[Measured]:
    """The aim `p99_while_ingesting`; an importer in a process of its own writes to the portal's database."""
    place = (bench.stores.mongodb_uri, bench.stores.redis_url)
    seconds = max(round(bench.seconds), _LEAST_S)
    # Twice what the rounds take: it must not run dry.
    most_s = 2 * bench.rounds * (seconds + 1)
    try:
        data.prepare(*place, bench.small, name=_DATABASE)
        command = [sys.executable, "-m", "bench.feeding", *place, _DATABASE, str(_PROFILES_PER_S), str(most_s)]
        with (
            portals.running(*place, _DATABASE, bench.folder / "fresh.log") as port,
            subprocess.Popen(
                command, cwd=portals.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as feeder,
        ):
            if feeder.stdin is None or feeder.stdout is None or feeder.stdout.readline() != "ready\n":
                raise RuntimeError("the importer did not start")
            found = _Rounds(port, seconds, feeder.stdin)
            found.idle_ms()
            pairs = interleaved([found.feeding_ms, found.idle_ms], bench.rounds)
            feeder.stdin.close()
            told = json.loads(feeder.stdout.read())
    finally:
        with MongoClient[dict[str, Any]](place[0]) as client:
            client.drop_database(_DATABASE)
    per_s = round(told["profiles"] / found.fed_s)
    lag_s = round(told["late_s"], 2)
    about = {"profiles_per_s": per_s, "at_most_late_s": lag_s, "connections": _CONNECTIONS, "p99_ms": told_ms(pairs)}
    about["p99_ms_highest"] = [round(max(values), 2) for values in zip(*pairs, strict=True)]
    about["idle_p99_ms_middle"] = round(statistics.median(idle for _, idle in pairs), 2)
    yield Measured("p99_while_ingesting", tuple(ratios(pairs)), about)


class _Rounds:
    """Rounds at the portal of a port; `fed_s` is how long the importer has been told to go."""

    def __init__(self, port: int, seconds: int, told: IO[str]) -> None:
        self._port = port
        self._seconds = seconds
        self._told = told
        self.fed_s = 0.0

    def idle_ms(self) -> float:
        """The p99 while nothing comes in."""
        time.sleep(_SETTLE_S)
        return wrk(self._port, "/", self._seconds, _CONNECTIONS).p99_ms

    def feeding_ms(self) -> float:
        """The p99 while profiles come in."""
        began = time.monotonic()
        self._tell("go")
        found = wrk(self._port, "/", self._seconds, _CONNECTIONS).p99_ms
        self._tell("pause")
        self.fed_s += time.monotonic() - began
        return found

    def _tell(self, word: str) -> None:
        self._told.write(f"{word}\n")
        self._told.flush()
